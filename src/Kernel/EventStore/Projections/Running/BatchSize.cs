namespace Monolith.EventStore.Projections;

/// <summary>How many events to take at once: begins small, doubles while full batches are written quickly, and halves when one takes long.</summary>
internal sealed class BatchSize(int most)
{
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private readonly int least = Math.Min(most, 64);

    public int Current { get; private set; } = Math.Min(most, 512);

    public void Written(int events, TimeSpan took)
    {
        if (took > Slow)
        {
            Current = Math.Max(least, Current / 2);
        }
        else if (took < Quick && events >= Current / 2)
        {
            Current = Math.Min(most, Current * 2);
        }
    }
}
