namespace Monolith.EventSourcing;

/// <summary>An event that is not stored yet. Its id makes a repeated append recognisable.</summary>
/// <param name="Id">A UUID, version 7 where we make it: ids then sort by time.</param>
/// <param name="Event">The event, an instance of a registered event type.</param>
public sealed record NewEvent(Guid Id, object Event)
{
    /// <summary>Gives the event a new id.</summary>
    public static NewEvent Of(object @event) => new(Guid.CreateVersion7(), @event);
}
