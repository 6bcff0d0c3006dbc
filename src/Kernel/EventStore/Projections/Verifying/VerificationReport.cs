namespace Monolith.EventStore.Projections;

/// <summary>How much of a read model is verified.</summary>
public sealed record VerificationOptions
{
    /// <summary>Which part of the keys is compared, more than 0 and at most 1; all unless said otherwise. A table that names no aggregate's column is always compared whole.</summary>
    public double Fraction { get; init; } = 1;

    /// <summary>About how many keys are compared, at random; null for <see cref="Fraction"/>.</summary>
    public int? Keys { get; init; }

    /// <summary>What the sample is chosen by: the same seed chooses the same keys again.</summary>
    public int Seed { get; init; }

    /// <summary>The most differences that are reported one by one; all are counted.</summary>
    public int MaxDifferences { get; init; } = 100;

    internal void Validate()
    {
        Check(Fraction is > 0 and <= 1, nameof(Fraction), "more than 0, at most 1");
        Check(Keys is null or >= 1, nameof(Keys), "1 or more");
        Check(MaxDifferences is >= 0 and <= 10_000, nameof(MaxDifferences), "0 to 10,000");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"{name} is out of range; expected {expected}.", name);
        }
    }
}

/// <summary>How far a verification is.</summary>
/// <param name="Shard">The shard whose events are replayed.</param>
/// <param name="ShardsDone">How many shards are replayed.</param>
/// <param name="Shards">How many there are.</param>
/// <param name="Events">How many events have been replayed.</param>
public sealed record VerificationProgress(string Shard, int ShardsDone, int Shards, long Events);

/// <summary>What a verification found: what a replay of the events gives, against the rows that queries see, both at the same positions.</summary>
/// <param name="Projection">The projection.</param>
/// <param name="Version">Its version.</param>
/// <param name="Positions">Up to where the events of each shard are in the rows that were compared.</param>
/// <param name="Fraction">Which part of the keys was compared.</param>
/// <param name="Seed">What the sample was chosen by.</param>
/// <param name="Events">How many events were replayed.</param>
/// <param name="Compared">How many rows were compared.</param>
/// <param name="Different">How many of them differ.</param>
/// <param name="Differences">The first of those, by key.</param>
public sealed record VerificationReport(
    string Projection,
    int Version,
    IReadOnlyDictionary<string, long> Positions,
    double Fraction,
    int Seed,
    long Events,
    long Compared,
    long Different,
    IReadOnlyList<RowDifference> Differences);

/// <summary>How a row differs from what the events make of it.</summary>
public enum DifferenceKind
{
    /// <summary>The events make such a row, and there is none.</summary>
    Missing,

    /// <summary>There is such a row, and the events make none.</summary>
    Surplus,

    /// <summary>The events make another.</summary>
    Different,
}

/// <summary>A row that is not what the events make of it.</summary>
/// <param name="Key">Its key as JSON.</param>
/// <param name="TenantId">Its tenant; null where it has none.</param>
/// <param name="AggregateId">The one aggregate whose events make it, which can be rebuilt by itself; null when there are several.</param>
/// <param name="Kind">How it differs.</param>
/// <param name="Members">Which of its members differ; those of a row that is missing or surplus are not listed.</param>
public sealed record RowDifference(string Key, string? TenantId, Guid? AggregateId, DifferenceKind Kind, IReadOnlyList<MemberDifference> Members);

/// <summary>A member that is not what the events make of it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Live">What queries see, as JSON, shortened; null when it is not there.</param>
/// <param name="Replayed">What the events make of it.</param>
public sealed record MemberDifference(string Name, string? Live, string? Replayed);
