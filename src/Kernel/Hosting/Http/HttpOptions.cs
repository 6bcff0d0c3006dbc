namespace Monolith.Hosting;

/// <summary>What a caller may ask of a host: the section <c>Http</c> of the configuration.</summary>
public sealed class HttpOptions
{
    /// <summary>How many requests a second a tenant may send to one host in the long run, 1 to 1,000,000; as many come from an address that shows no valid token.</summary>
    public int RequestsPerSecond { get; set; } = 1000;

    /// <summary>How many a tenant may send at once, 1 to 10,000,000.</summary>
    public int Burst { get; set; } = 2000;

    /// <summary>How long a request may take, 1 s to 5 min; then it is answered with 504.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the answer to a request with an <c>Idempotency-Key</c> is kept, 1 min to 30 days.</summary>
    public TimeSpan IdempotencyKeptFor { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Throws unless every value is in its range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Check(RequestsPerSecond is >= 1 and <= 1_000_000, nameof(RequestsPerSecond), "1 to 1,000,000");
        Check(Burst is >= 1 and <= 10_000_000, nameof(Burst), "1 to 10,000,000");
        Check(RequestTimeout >= TimeSpan.FromSeconds(1) && RequestTimeout <= TimeSpan.FromMinutes(5), nameof(RequestTimeout), "1 second to 5 minutes");
        Check(IdempotencyKeptFor >= TimeSpan.FromMinutes(1) && IdempotencyKeptFor <= TimeSpan.FromDays(30), nameof(IdempotencyKeptFor), "1 minute to 30 days");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"Http:{name} is out of range; expected {expected}.", name);
        }
    }
}
