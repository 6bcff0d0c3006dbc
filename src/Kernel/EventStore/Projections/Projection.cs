using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>
/// A read model's recipe: which events it reads and what it makes of them. It has no clock, no random and no I/O, so that a rebuild gives the
/// same rows. Derive from one of its kinds: <see cref="DocumentProjection{TView}"/>, <see cref="TableProjection"/>, <see cref="Subscription"/>,
/// <see cref="TransactionalSubscription{TEffect}"/>.
/// </summary>
public abstract class Projection
{
    private readonly List<Type> aggregates = [];
    private readonly HashSet<Type> events = [];

    private protected Projection(string name, int version)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        Name = name;
        Version = version;
    }

    /// <summary>The name, unique in the host and stored with the checkpoint: <c>module.read_model</c>.</summary>
    public string Name { get; }

    /// <summary>The version of the fold. A projection whose version is raised rebuilds itself at the next start.</summary>
    public int Version { get; }

    /// <summary>The aggregates whose events it reads.</summary>
    public IReadOnlyList<Type> Aggregates => aggregates;

    /// <summary>The events it reads; empty for all events of its aggregates.</summary>
    public IReadOnlyCollection<Type> Events => events;

    /// <summary>Whether appends apply it in their own transaction; see <see cref="DocumentProjection{TView, TKey}.Inline"/>.</summary>
    public bool IsInline { get; private protected set; }

    /// <summary>Declares that the events of an aggregate type are read.</summary>
    protected void Reads<TAggregate>() where TAggregate : Aggregate => aggregates.Add(typeof(TAggregate));

    /// <summary>Narrows what is read to events of this type, and of every other type named the same way.</summary>
    protected void Only<TEvent>() where TEvent : notnull => events.Add(typeof(TEvent));

    /// <summary>Whether the projection is to see an event of one of its aggregates.</summary>
    internal bool Wants(EventEnvelope envelope) =>
        events.Count == 0 || ((envelope.Event is UnreadableEvent unreadable ? unreadable.ClrType : envelope.Event.GetType()) is { } type && events.Contains(type));

    /// <summary>The documents it makes; null when it makes none.</summary>
    internal virtual Type? ViewType => null;

    /// <summary>Where it begins, of a projection that has side effects in the place of rows; null of every other.</summary>
    internal virtual StartFrom? SideEffectsFrom => null;

    /// <summary>Throws unless the projection can run: called once, when the host's projections are collected.</summary>
    internal abstract void Check();

    internal const string WrittenByAppends = "appends write its rows: rebuild the whole of it";

    /// <summary>Why one tenant's rows cannot be told from those of others; null when they can.</summary>
    internal abstract string? WhyNotByTenant { get; }

    /// <summary>Why what one aggregate has made of its rows cannot be told from what others have; null when it can.</summary>
    internal abstract string? WhyNotByAggregate { get; }

    /// <summary>What writes its rows.</summary>
    internal abstract ProjectionWriter Writer(IViewStore? views);
}
