namespace Monolith.EventStore.Projections;

/// <summary>The host's slots that one worker holds: they can be taken away from a worker that does not come back.</summary>
internal sealed class HeldSlots(SemaphoreSlim slots)
{
    private readonly Lock gate = new();
    private int held;
    private bool forfeited;

    /// <summary>Waits for a slot.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, or this worker gets none any more.</exception>
    public async Task Take(CancellationToken ct)
    {
        await slots.WaitAsync(ct);
        lock (gate)
        {
            if (!forfeited)
            {
                held++;
                return;
            }
        }

        slots.Release();
        throw new OperationCanceledException("The worker was left behind.");
    }

    /// <summary>Gives one back; nothing happens when they were taken away meanwhile.</summary>
    public void Give()
    {
        lock (gate)
        {
            if (forfeited)
            {
                return;
            }

            held--;
        }

        slots.Release();
    }

    /// <summary>Takes away what is held, for others, for good.</summary>
    public void Forfeit()
    {
        int taken;
        lock (gate)
        {
            (taken, held, forfeited) = (held, 0, true);
        }

        if (taken > 0)
        {
            slots.Release(taken);
        }
    }
}
