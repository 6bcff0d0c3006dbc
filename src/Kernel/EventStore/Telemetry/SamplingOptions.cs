namespace Monolith.EventStore;

/// <summary>How the database is sampled for metrics.</summary>
public sealed class SamplingOptions
{
    /// <summary>How often the host that samples for all asks the database.</summary>
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How many bytes the disk of the database holds; null when only what this machine knows counts: that is something where the server runs on it. PostgreSQL tells nobody.
    /// </summary>
    public long? DatabaseDisk { get; set; }

    /// <summary>Throws unless every value is in its range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Check(Every >= TimeSpan.FromMilliseconds(100) && Every <= TimeSpan.FromHours(1), nameof(Every), "0.1 seconds to 1 hour");
        Check(DatabaseDisk is null or > 0, nameof(DatabaseDisk), "1 or more bytes; leave it out when it is not known");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"Sampling:{name} is out of range; expected {expected}.", name);
        }
    }
}
