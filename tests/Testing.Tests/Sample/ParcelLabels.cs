using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Testing.Tests.Sample;

public sealed record ParcelLabel(Guid Id, string Recipient, decimal Kilograms, IReadOnlyList<string> Stamps, DateTimeOffset Since, string? By);

public sealed class ParcelLabels : DocumentProjection<ParcelLabel>
{
    public ParcelLabels() : base("parcels.labels", version: 1) => Reads<Parcel>();

    public override ParcelLabel? Apply(ParcelLabel? view, EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return envelope.Event switch
        {
            ParcelRegistered e => new(envelope.AggregateId, e.Recipient, 0m, [], envelope.RecordedAt, envelope.Metadata.UserId),
            ParcelWeighed e => view! with { Kilograms = e.Kilograms },
            ParcelStamped e => view! with { Stamps = [.. view.Stamps, .. e.Stamps] },
            ParcelReturned => null,
            _ => view,
        };
    }
}

/// <summary>What must be found out: it gives another view each time.</summary>
public sealed class RandomLabels : DocumentProjection<ParcelLabel>
{
    public RandomLabels() : base("parcels.random_labels", version: 1) => Reads<Parcel>();

    public override ParcelLabel? Apply(ParcelLabel? view, EventEnvelope envelope) => new(Guid.NewGuid(), "", 0m, [], default, null);
}

public sealed record Pile
{
    public List<string> Parcels { get; } = [];
}

/// <summary>What must be found out: it changes the view that it is given.</summary>
public sealed class MutatingPiles : DocumentProjection<Pile>
{
    public MutatingPiles() : base("parcels.piles", version: 1) => Reads<Parcel>();

    public override Pile? Apply(Pile? view, EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        view ??= new();
        view.Parcels.Add(envelope.EventType);
        return view;
    }
}
