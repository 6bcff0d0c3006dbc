using System.Globalization;

namespace Monolith.EventSourcing;

/// <summary>Which moment of a stream is meant: now, a version, or a time.</summary>
public readonly record struct AsOf
{
    private AsOf(long? version, DateTimeOffset? time) => (MaxVersion, MaxTime) = (version, time);

    /// <summary>Everything that is stored. The default.</summary>
    public static AsOf Now { get; }

    /// <summary>The last version that counts, or null.</summary>
    public long? MaxVersion { get; }

    /// <summary>The last time that counts, or null.</summary>
    public DateTimeOffset? MaxTime { get; }

    /// <summary>The events up to and including this version.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The version is below 1.</exception>
    public static AsOf Version(long version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        return new(version, null);
    }

    /// <summary>The events recorded at or before this time.</summary>
    public static AsOf Time(DateTimeOffset time) => new(null, time);

    /// <summary>The form used in messages.</summary>
    public override string ToString() =>
        MaxVersion is { } version ? "version " + version.ToString(CultureInfo.InvariantCulture)
        : MaxTime is { } time ? time.ToString("O", CultureInfo.InvariantCulture)
        : "now";
}
