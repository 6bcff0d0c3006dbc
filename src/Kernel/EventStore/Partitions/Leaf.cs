using System.Collections.Concurrent;

namespace Monolith.EventStore;

/// <summary>
/// One leaf of the partition tree: the events of one aggregate type in one shard. Statements name the leaf, so that the server neither plans
/// over nor locks any other partition; their texts are made once. Type and shard are validated names, so they are put in as they are.
/// </summary>
internal sealed class Leaf
{
    private const string ArchiveSuffix = "_archive";

    private static readonly ConcurrentDictionary<(string Type, string Shard), Leaf> Leaves = new();

    private readonly ConcurrentDictionary<string, string> statements = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> statementsWithArchive = new(StringComparer.Ordinal);

    private Leaf(string type, string shard)
    {
        AggregateType = type;
        Shard = shard;
        Events = $"events_{type}_{shard}";
        Snapshots = $"snapshots_{type}_{shard}";
    }

    public string AggregateType { get; }

    public string Shard { get; }

    public string Events { get; }

    public string Snapshots { get; }

    /// <summary>The cold leaf of the same type and shard. It is there once a stream was archived.</summary>
    public Leaf Archive => Of(AggregateType, ArchiveOf(Shard));

    public static Leaf Of(string type, string shard) => Leaves.GetOrAdd((type, shard), static key => new(key.Type, key.Shard));

    /// <summary>What the rows of a shard's archive have as their shard.</summary>
    public static string ArchiveOf(string shard) => shard + ArchiveSuffix;

    /// <summary>The shard that a row belongs to, whether it is archived or not.</summary>
    public static string ShardOf(string stored) => stored.EndsWith(ArchiveSuffix, StringComparison.Ordinal) ? stored[..^ArchiveSuffix.Length] : stored;

    /// <summary>The condition for rows of a shard, its archive included: the server plans over the leaves that are there.</summary>
    /// <remarks>
    /// It holds for every row of these leaves, which the planner does not know. Of a leaf that was never analyzed it would take it to pick one
    /// row in a hundred, and would rather sort those than walk along the index on position. What is asked for besides, and no shard's name is, is guessed to be
    /// a third of all rows.
    /// </remarks>
    public static string InShard(string shard) => $"and (shard in ('{shard}', '{ArchiveOf(shard)}') or shard > '~')";

    /// <summary>The statement of a file, for this leaf.</summary>
    public string Statement(string file) => statements.GetOrAdd(file, static (file, leaf) => leaf.Fill(file, leaf.Events, leaf.Snapshots, ""), this);

    /// <summary>The statement of a file, for this leaf and its archive.</summary>
    public string StatementWithArchive(string file) => statementsWithArchive.GetOrAdd(
        file, static (file, leaf) => leaf.Fill(file, $"events_{leaf.AggregateType}", $"snapshots_{leaf.AggregateType}", InShard(leaf.Shard)), this);

    private string Fill(string file, string events, string snapshots, string filter) => Statements.Text(file)
        .Replace("{events}", events, StringComparison.Ordinal)
        .Replace("{snapshots}", snapshots, StringComparison.Ordinal)
        .Replace("{filter}", filter, StringComparison.Ordinal)
        .Replace("{type}", AggregateType, StringComparison.Ordinal)
        .Replace("{shard}", Shard, StringComparison.Ordinal);
}
