namespace Monolith.Testing.Conformance;

/// <summary>A clock that stands still until it is set. Its timers are real, so that waiting works.</summary>
public sealed class SetClock : TimeProvider
{
    /// <summary>The time.</summary>
    public DateTimeOffset Now { get; private set; } = new DateTimeOffset(2026, 2, 28, 23, 59, 59, TimeSpan.Zero).AddTicks(1_234_560);

    /// <summary>Sets the clock forward, or back.</summary>
    public void Advance(TimeSpan by) => Now += by;

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => Now;
}
