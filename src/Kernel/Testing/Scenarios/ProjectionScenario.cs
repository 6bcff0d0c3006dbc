using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;

namespace Monolith.Testing;

/// <summary>
/// Given/when/then for projections: into documents and subscriptions in memory, into tables on PostgreSQL. <c>using static Monolith.Testing.ProjectionScenario;</c>, then
/// <c>GivenEvents&lt;Account&gt;(id, opened, deposited).ProjectedBy(new AccountSummaries()).ThenView(id, expected);</c>.
/// </summary>
public sealed class ProjectionScenario
{
    /// <summary>When the first event is recorded unless <see cref="At"/> says otherwise; each further one a second after its predecessor.</summary>
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<EventEnvelope> feed = [];
    private readonly List<GivenEvent> given = [];
    private readonly Dictionary<StreamId, long> versions = [];
    private DateTimeOffset clock = Start;
    private EventMetadata metadata = EventMetadata.Empty;

    private ProjectionScenario()
    {
    }

    /// <summary>The tenant of all events.</summary>
    public static string TenantId => "test";

    internal IReadOnlyList<GivenEvent> Given => given;

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
            var eventId = Guid.CreateVersion7();
            given.Add(new(stream, version, eventId, clock, @event, metadata));
            foreach (var read in stored.RoundTrip(@event))
            {
                feed.Add(new()
                {
                    EventId = eventId,
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
        return new(projection, ReadBy(projection));
    }

    /// <summary>Makes rows of the events on PostgreSQL, as a host would. Dispose of what is returned.</summary>
    /// <exception cref="InvalidImportException">The times of an aggregate's events run backward.</exception>
    public Task<ProjectedTables> ProjectedBy(TableProjection projection, PostgresFixture postgres)
    {
        ArgumentNullException.ThrowIfNull(projection);
        ArgumentNullException.ThrowIfNull(postgres);
        return ProjectedTables.Of(projection, this, postgres);
    }

    /// <summary>Gives a subscription the events that it reads, one after the other.</summary>
    public Task<DeliveredEvents> DeliveredTo(Subscription subscription)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        return DeliveredEvents.To(subscription, ReadBy(subscription));
    }

    /// <summary>The events and aggregates of the module that a projection belongs to.</summary>
    internal static DomainModel ModelOf(Projection projection) => Scenario.ModelOf(projection.Aggregates[0]);

    private List<EventEnvelope> ReadBy(Projection projection)
    {
        var names = projection.Aggregates.Select(aggregate => Scenario.ModelOf(aggregate).Aggregate(aggregate).Name).ToHashSet(StringComparer.Ordinal);
        return [.. feed.Where(envelope => names.Contains(envelope.AggregateType))];
    }
}
