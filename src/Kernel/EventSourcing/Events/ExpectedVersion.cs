using System.Globalization;

namespace Monolith.EventSourcing;

/// <summary>What a writer believes of the stream when it appends: the optimistic lock.</summary>
public readonly record struct ExpectedVersion
{
    private ExpectedVersion(long value) => Value = value;

    /// <summary>The stream must not exist. The same as <c>Exactly(0)</c>, and the default.</summary>
    public static ExpectedVersion None { get; }

    /// <summary>The stream must exist, at whatever version.</summary>
    public static ExpectedVersion Exists { get; } = new(-1);

    /// <summary>No check: the events go behind whatever is there. Never a conflict.</summary>
    public static ExpectedVersion Any { get; } = new(-2);

    /// <summary>0 or more: that version exactly; -1: <see cref="Exists"/>; -2: <see cref="Any"/>.</summary>
    public long Value { get; }

    /// <summary>Whether the expectation names one version.</summary>
    public bool IsExact => Value >= 0;

    /// <summary>The stream must be at this version: the version of its last event, 0 for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The version is negative.</exception>
    public static ExpectedVersion Exactly(long version)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        return new(version);
    }

    /// <summary>Whether a stream at <paramref name="actual"/> meets the expectation.</summary>
    public bool Accepts(long actual) => Value switch
    {
        -1 => actual > 0,
        -2 => true,
        _ => actual == Value,
    };

    /// <summary>The form used in messages: <c>none</c>, <c>exists</c>, <c>any</c> or the number.</summary>
    public override string ToString() => Value switch
    {
        0 => "none",
        -1 => "exists",
        -2 => "any",
        _ => Value.ToString(CultureInfo.InvariantCulture),
    };
}
