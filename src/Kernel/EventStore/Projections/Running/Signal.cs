namespace Monolith.EventStore.Projections;

/// <summary>Wakes everybody who waits for the next time that something happens. Costs nothing while nobody waits.</summary>
internal sealed class Signal
{
    private TaskCompletionSource? next;

    /// <summary>Completes at the next <see cref="Fire"/>. Take it before looking at the state that the signal is about.</summary>
    public Task Next
    {
        get
        {
            if (Volatile.Read(ref next) is { } known)
            {
                return known.Task;
            }

            var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref next, made, null) ?? made).Task;
        }
    }

    public void Fire() => Interlocked.Exchange(ref next, null)?.TrySetResult();
}
