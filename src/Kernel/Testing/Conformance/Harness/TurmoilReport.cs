using System.Globalization;

namespace Monolith.Testing.Conformance;

/// <summary>What came of a <see cref="Turmoil"/>: everything from <see cref="Unacknowledged"/> on must be 0.</summary>
public sealed record TurmoilReport
{
    public required int Seed { get; init; }

    public required long Events { get; init; }

    /// <summary>Positions that were drawn and never stored.</summary>
    public required long Gaps { get; init; }

    public required int Readers { get; init; }

    /// <summary>The longest time for which an append held the feed back.</summary>
    public required TimeSpan LongestHold { get; init; }

    /// <summary>How much had to be remembered at once: events that were told of and not seen yet, or the other way round.</summary>
    public required int MostOpen { get; init; }

    /// <summary>Calls that lost their connection.</summary>
    public required int Outages { get; init; }

    /// <summary>Stored events that nobody was told of.</summary>
    public required int Unacknowledged { get; init; }

    /// <summary>Acknowledged events that are not stored where they were said to be.</summary>
    public required int AcknowledgedButMissing { get; init; }

    /// <summary>Events whose version is not the one after their predecessor's in the feed.</summary>
    public required long OutOfVersion { get; init; }

    public required long Lost { get; init; }

    public required long Duplicated { get; init; }

    public required long OutOfOrder { get; init; }

    public bool IsSound => (Unacknowledged, AcknowledgedButMissing, OutOfVersion, Lost, Duplicated, OutOfOrder) == (0, 0, 0, 0, 0, 0);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Seed}: {Events} events, {Gaps} gaps, {Readers} readers, longest hold {LongestHold.TotalMilliseconds:F0} ms, at most {MostOpen} receipts open, {Outages} outages, {Lost} lost, {Duplicated} duplicated, {OutOfOrder} out of order, {AcknowledgedButMissing} acknowledged but missing, {Unacknowledged} unacknowledged, {OutOfVersion} out of version");
}
