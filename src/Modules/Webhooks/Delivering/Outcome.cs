namespace Monolith.Webhooks.Delivering;

/// <summary>What came of an attempt, in the words of metrics and traces: few, and none of them names a receiver.</summary>
internal static class Outcome
{
    public const string Delivered = "delivered";

    /// <summary>The receiver answered something else than success.</summary>
    public const string Refused = "refused";

    public const string TimedOut = "timed_out";

    /// <summary>There was no answer: no address, no connection, no valid certificate, or it broke.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The target lies where nothing may be delivered to.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>Nothing was sent: too large, or it could not be signed.</summary>
    public const string Unsendable = "unsendable";

    public static IReadOnlyList<string> All { get; } = [Delivered, Refused, TimedOut, Unreachable, Forbidden, Unsendable];
}
