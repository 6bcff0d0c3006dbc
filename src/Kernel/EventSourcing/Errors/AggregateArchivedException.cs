namespace Monolith.EventSourcing;

/// <summary>
/// The aggregate is archived: it can be read as ever, and nothing can be appended to it before <see cref="IEventStore.Restore"/>. Nothing was written.
/// </summary>
public sealed class AggregateArchivedException(StreamId stream)
    : EventSourcingException("aggregate_archived", $"{stream} is archived: it can be read, but not appended to until it is restored.")
{
    /// <summary>The stream.</summary>
    public StreamId Stream { get; } = stream;
}
