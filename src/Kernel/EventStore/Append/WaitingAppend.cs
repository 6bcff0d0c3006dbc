namespace Monolith.EventStore;

/// <summary>An append that waits for a lane, or for an earlier one of its stream.</summary>
internal sealed class WaitingAppend(EncodedAppend append, bool alone, CancellationToken cancelled)
{
    public EncodedAppend Append { get; } = append;

    /// <summary>Whether it travels by itself and takes no lane.</summary>
    public bool Alone { get; } = alone;

    public CancellationToken Cancelled { get; } = cancelled;

    public LinkedListNode<WaitingAppend>? Node { get; set; }

    public TaskCompletionSource<AppendOutcome> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
