using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Testing;

/// <summary>
/// Given/when/then for projections into documents, in memory: <c>using static Monolith.Testing.ProjectionScenario;</c>, then
/// <c>GivenEvents&lt;Account&gt;(id, opened, deposited).ProjectedBy(new AccountSummaries()).ThenView(id, expected);</c>.
/// </summary>
public sealed class ProjectionScenario
{
    /// <summary>When the first event is recorded unless <see cref="At"/> says otherwise; each further one a second after its predecessor.</summary>
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<EventEnvelope> feed = [];
    private readonly Dictionary<StreamId, long> versions = [];
    private DateTimeOffset clock = Start;
    private EventMetadata metadata = EventMetadata.Empty;

    private ProjectionScenario()
    {
    }

    /// <summary>The tenant of all events.</summary>
    public static string TenantId => "test";

    /// <summary>Events that happened to one aggregate, oldest first. They go through the JSON that the store keeps.</summary>
    /// <typeparam name="TAggregate">The aggregate. Its module's assembly must declare a valid model.</typeparam>
    public static ProjectionScenario GivenEvents<TAggregate>(Guid id, params object[] events) where TAggregate : Aggregate =>
        new ProjectionScenario().AndEvents<TAggregate>(id, events);

    /// <summary>Events that happened next, to the same aggregate or another.</summary>
    public ProjectionScenario AndEvents<TAggregate>(Guid id, params object[] events) where TAggregate : Aggregate
    {
        ArgumentNullException.ThrowIfNull(events);
        var model = Scenario.ModelOf<TAggregate>();
        var aggregate = model.Aggregate(typeof(TAggregate));
        var stored = new StoredForm(model, aggregate);
        foreach (var @event in events)
        {
            var stream = new StreamId(TenantId, aggregate.Name, id);
            var version = versions[stream] = versions.GetValueOrDefault(stream) + 1;
            foreach (var read in stored.RoundTrip(@event))
            {
                feed.Add(new()
                {
                    EventId = Guid.CreateVersion7(),
                    EventType = model.Event(@event.GetType()).Name,
                    EventVersion = model.Event(@event.GetType()).Version,
                    TenantId = TenantId,
                    AggregateId = id,
                    AggregateType = aggregate.Name,
                    Version = version,
                    Position = feed.Count + 1,
                    RecordedAt = clock,
                    Event = read,
                    Metadata = metadata,
                });
            }

            clock += TimeSpan.FromSeconds(1);
        }

        return this;
    }

    /// <summary>The events given after this are recorded from that time on.</summary>
    public ProjectionScenario At(DateTimeOffset time)
    {
        clock = time;
        return this;
    }

    /// <summary>The events given after this carry that metadata.</summary>
    public ProjectionScenario With(EventMetadata next)
    {
        metadata = next;
        return this;
    }

    /// <summary>Folds the events that the projection reads into its views, one by one and all at once, and fails if it is not pure.</summary>
    /// <exception cref="ProjectionFailedException">The projection threw.</exception>
    public ProjectedViews<TView, TKey> ProjectedBy<TView, TKey>(DocumentProjection<TView, TKey> projection) where TView : class where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(projection);
        var names = projection.Aggregates.Select(aggregate => Scenario.ModelOf(aggregate).Aggregate(aggregate).Name).ToHashSet(StringComparer.Ordinal);
        return new(projection, [.. feed.Where(envelope => names.Contains(envelope.AggregateType))]);
    }
}
