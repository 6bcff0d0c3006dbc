namespace Monolith.EventSourcing;

/// <summary>What an aggregate remembers of its events: an immutable record with one-line folds.</summary>
/// <typeparam name="TSelf">The state itself.</typeparam>
public interface IState<TSelf> where TSelf : class, IState<TSelf>
{
    /// <summary>The state before the first event.</summary>
    static abstract TSelf Initial { get; }

    /// <summary>The state after one more event. Pure: no clock, no random, no I/O.</summary>
    /// <exception cref="UnknownEventException">The event is not one of this aggregate's.</exception>
    TSelf Apply(object @event);
}
