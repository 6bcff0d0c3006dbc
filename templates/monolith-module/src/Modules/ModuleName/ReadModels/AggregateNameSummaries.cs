using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.ModuleName.Domain;

namespace Monolith.ModuleName.ReadModels;

/// <summary>One at a glance.</summary>
/// <param name="Id">Which one.</param>
/// <param name="Version">The version that this shows.</param>
/// <param name="Title">What it is called.</param>
/// <param name="CreatedAt">When it was created.</param>
public sealed record AggregateNameSummary(Guid Id, long Version, string Title, DateTimeOffset CreatedAt);

/// <summary>Keeps one <see cref="AggregateNameSummary"/> for each.</summary>
public sealed class AggregateNameSummaries : DocumentProjection<AggregateNameSummary>
{
    /// <summary>The projection <c>modulename.aggregate_name_summaries</c>.</summary>
    public AggregateNameSummaries() : base("modulename.aggregate_name_summaries", version: 1) => Reads<AggregateName>();

    /// <inheritdoc/>
    public override AggregateNameSummary? Apply(AggregateNameSummary? view, EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return envelope.Event switch
        {
            AggregateNameCreated e => new(envelope.AggregateId, envelope.Version, e.Title, envelope.RecordedAt),
            AggregateNameRenamed e => view! with { Version = envelope.Version, Title = e.Title },
            _ => view,
        };
    }
}
