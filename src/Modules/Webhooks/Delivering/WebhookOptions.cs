namespace Monolith.Webhooks.Delivering;

/// <summary>How webhooks are delivered. The section <c>Webhooks</c> of the configuration.</summary>
public sealed class WebhookOptions
{
    // A little more than a day together.
    private static readonly TimeSpan[] Growing =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(2), TimeSpan.FromHours(4), TimeSpan.FromHours(8), TimeSpan.FromHours(10),
    ];

    /// <summary>How long a delivery rests after each attempt that failed; after the last one it is parked. Up to 30, each up to a day.</summary>
    public IList<TimeSpan> RetryAfter { get; } = [];

    /// <summary>How long an endpoint may fail without a success before it is paused by itself, up to 30 days; a day unless set.</summary>
    public TimeSpan PauseAfter { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long a receiver has for its answer, 100 ms to 30 s; 10 s unless set.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the former secret signs beside a new one, up to 30 days; a day unless set.</summary>
    public TimeSpan FormerSecretFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long deliveries are kept in the log, a day to 400 days; 30 days unless set.</summary>
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Whether http and private addresses are allowed: for developers and tests, refused outside Development.</summary>
    public bool AllowPrivateTargets { get; set; }

    /// <summary>Throws unless every value is in its range and may be what it is there, and gives those that are not set.</summary>
    /// <param name="isDevelopment">Whether what is for developers is allowed.</param>
    /// <exception cref="ArgumentException">A value is out of range, or only for Development; the message names it.</exception>
    public void Validate(bool isDevelopment)
    {
        if (RetryAfter.Count == 0)
        {
            foreach (var rest in Growing)
            {
                RetryAfter.Add(rest);
            }
        }

        Check(RetryAfter.Count <= 30 && RetryAfter.All(rest => rest >= TimeSpan.Zero && rest <= TimeSpan.FromDays(1)), nameof(RetryAfter), "up to 30 times, each up to a day");
        Check(PauseAfter >= TimeSpan.Zero && PauseAfter <= TimeSpan.FromDays(30), nameof(PauseAfter), "up to 30 days");
        Check(Timeout >= TimeSpan.FromMilliseconds(100) && Timeout <= TimeSpan.FromSeconds(30), nameof(Timeout), "100 ms to 30 seconds");
        Check(FormerSecretFor >= TimeSpan.Zero && FormerSecretFor <= TimeSpan.FromDays(30), nameof(FormerSecretFor), "up to 30 days");
        Check(KeepFor >= TimeSpan.FromDays(1) && KeepFor <= TimeSpan.FromDays(400), nameof(KeepFor), "1 to 400 days");
        Check(
            !AllowPrivateTargets || isDevelopment, nameof(AllowPrivateTargets), "false outside Development: with it anybody who registers an endpoint reaches what lies inside");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"Webhooks:{name} is out of range; expected {expected}.", name);
        }
    }
}
