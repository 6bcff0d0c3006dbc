using System.Diagnostics.CodeAnalysis;

namespace Monolith.EventSourcing;

/// <summary>The part of an aggregate that does not depend on its state's type. Derive from <see cref="Aggregate{TState}"/>.</summary>
public abstract class Aggregate
{
    private readonly List<NewEvent> uncommitted = [];

    private protected Aggregate(Guid id) => Id = id;

    /// <summary>The aggregate's id, chosen by whoever creates it.</summary>
    public Guid Id { get; }

    /// <summary>The version of the last stored event it has seen; 0 for a new aggregate. Uncommitted events do not count.</summary>
    public long Version { get; private protected set; }

    /// <summary>Whether it was loaded from the archive: it can decide, but what it raises cannot be saved.</summary>
    public bool IsArchived { get; private protected set; }

    /// <summary>The events raised since the last load or save, oldest first.</summary>
    public IReadOnlyList<NewEvent> UncommittedEvents => uncommitted;

    internal abstract ClaimChanges ClaimChanges { get; }

    internal abstract Task<bool> Load(IEventStore store, StreamId stream, AsOf asOf, CancellationToken ct);

    internal virtual void Committed(long version)
    {
        Version = version;
        uncommitted.Clear();
    }

    private protected void Record(object @event) => uncommitted.Add(NewEvent.Of(@event));

    private protected void Forget() => uncommitted.Clear();
}

/// <summary>
/// A consistency boundary: decides on its state and raises events. One file holds its events, its state and its decisions.
/// </summary>
/// <typeparam name="TState">What it remembers.</typeparam>
/// <param name="id">The aggregate's id.</param>
public abstract class Aggregate<TState>(Guid id) : Aggregate(id) where TState : class, IState<TState>
{
    private TState committed = TState.Initial;

    /// <summary>The state after all events, the uncommitted ones included.</summary>
    public TState State { get; private set; } = TState.Initial;

    internal override ClaimChanges ClaimChanges => State is IClaimant now
        ? ClaimChanges.Between(((IClaimant)committed).Claims, now.Claims)
        : ClaimChanges.None;

    /// <summary>Folds stored events over the current state, in order.</summary>
    /// <param name="events">The events of this aggregate, from the version after <see cref="Aggregate.Version"/> on.</param>
    /// <exception cref="UnknownEventException">One of them is not this aggregate's; the aggregate stays as it was.</exception>
    /// <exception cref="InvalidOperationException">It has uncommitted events: stored ones cannot be folded in behind them.</exception>
    public void LoadFromHistory(IEnumerable<object> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (UncommittedEvents.Count > 0)
        {
            throw new InvalidOperationException("The aggregate has uncommitted events: save it before more of its history is loaded.");
        }

        var state = State;
        var version = Version;
        foreach (var @event in events)
        {
            state = state.Apply(@event);
            version++;
        }

        Restore(state, version);
    }

    /// <summary>Sets the aggregate to a state that was read: a snapshot, or a fold made elsewhere. Uncommitted events are dropped.</summary>
    public void Restore(TState state, long version)
    {
        ArgumentNullException.ThrowIfNull(state);
        State = committed = state;
        Version = version;
        Forget();
    }

    internal override async Task<bool> Load(IEventStore store, StreamId stream, AsOf asOf, CancellationToken ct)
    {
        var loaded = await store.Load<TState>(stream, asOf, ct);
        Restore(loaded.State, loaded.Version);
        IsArchived = loaded.IsArchived;
        return loaded.Version > 0;
    }

    internal override void Committed(long version)
    {
        base.Committed(version);
        committed = State;
    }

    /// <summary>Records that something happened and folds it into the state.</summary>
    /// <exception cref="UnknownEventException">The state does not know the event.</exception>
    protected void Raise(object @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        State = State.Apply(@event);
        Record(@event);
    }

    /// <summary>Refuses the command unless the rule holds. Nothing is stored of a refused command.</summary>
    /// <exception cref="RejectedException">The rule does not hold.</exception>
    protected static void Require([DoesNotReturnIf(false)] bool rule, Rejection otherwise)
    {
        if (!rule)
        {
            throw new RejectedException(otherwise);
        }
    }
}
