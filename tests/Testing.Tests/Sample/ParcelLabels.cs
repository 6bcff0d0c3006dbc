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

    public override ParcelLabel? Apply(ParcelLabel? view, EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return new(envelope.AggregateId, Guid.NewGuid().ToString(), 0m, [], default, null);
    }
}

public sealed record Pile(Guid Id)
{
    public List<string> Parcels { get; } = [];
}

public sealed record Stamp(string Id, int Uses);

/// <summary>A view for each stamp, whichever parcels it is on.</summary>
public sealed class StampUses : DocumentProjection<Stamp, string>
{
    public StampUses() : base("parcels.stamp_uses", version: 1)
    {
        Reads<Parcel>();
        Only<ParcelStamped>();
    }

    public override IEnumerable<string> Keys(EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return ((ParcelStamped)envelope.Event).Stamps;
    }

    public override Stamp? Apply(Stamp? view, EventEnvelope envelope) => throw new NotSupportedException();

    public override Stamp? Apply(string key, Stamp? view, EventEnvelope envelope) => new(key, (view?.Uses ?? 0) + 1);
}

/// <summary>What must be found out: it changes the view that it is given.</summary>
public sealed class MutatingPiles : DocumentProjection<Pile>
{
    public MutatingPiles() : base("parcels.piles", version: 1) => Reads<Parcel>();

    public override Pile? Apply(Pile? view, EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        view ??= new(envelope.AggregateId);
        view.Parcels.Add(envelope.EventType);
        return view;
    }
}
