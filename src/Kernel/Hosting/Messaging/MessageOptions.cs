namespace Monolith.Hosting;

/// <summary>How messages between modules are delivered. The section <c>Messages</c> of the configuration.</summary>
public sealed class MessageOptions
{
    private static readonly TimeSpan[] Growing =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30)];

    /// <summary>How long a message rests after each attempt that failed; after the last one it is a dead letter. Up to 20, each up to a day; 1 s to 30 min unless set.</summary>
    public IList<TimeSpan> RetryAfter { get; } = [];

    /// <summary>How often a host looks for messages whose rest is over, that are retried, or that another host has left behind; 100 ms to 1 min, 5 s unless set.</summary>
    public TimeSpan PollingInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Throws when a value is out of its range, and gives those that are not set.</summary>
    /// <exception cref="ArgumentException">One is.</exception>
    public void Validate()
    {
        if (RetryAfter.Count == 0)
        {
            foreach (var rest in Growing)
            {
                RetryAfter.Add(rest);
            }
        }

        Check(RetryAfter.Count <= 20 && RetryAfter.All(rest => rest >= TimeSpan.Zero && rest <= TimeSpan.FromDays(1)), nameof(RetryAfter), "up to 20 times, each up to a day");
        Check(PollingInterval >= TimeSpan.FromMilliseconds(100) && PollingInterval <= TimeSpan.FromMinutes(1), nameof(PollingInterval), "100 ms to 1 minute");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"Messages:{name} is out of range; expected {expected}.", name);
        }
    }
}
