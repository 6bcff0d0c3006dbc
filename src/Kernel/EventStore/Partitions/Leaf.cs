using System.Collections.Concurrent;

namespace Monolith.EventStore;

/// <summary>
/// One leaf of the partition tree: the events of one aggregate type in one shard. Statements name the leaf, so that the server neither plans
/// over nor locks any other partition; their texts are made once. Type and shard are validated names, so they are put in as they are.
/// </summary>
internal sealed class Leaf
{
    private static readonly ConcurrentDictionary<(string Type, string Shard), Leaf> Leaves = new();

    private readonly ConcurrentDictionary<string, string> statements = new(StringComparer.Ordinal);

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

    public static Leaf Of(string type, string shard) => Leaves.GetOrAdd((type, shard), static key => new(key.Type, key.Shard));

    /// <summary>The statement of a file, for this leaf.</summary>
    public string Statement(string file) => statements.GetOrAdd(
        file,
        static (file, leaf) => Statements.Text(file)
            .Replace("{events}", leaf.Events, StringComparison.Ordinal)
            .Replace("{snapshots}", leaf.Snapshots, StringComparison.Ordinal)
            .Replace("{type}", leaf.AggregateType, StringComparison.Ordinal)
            .Replace("{shard}", leaf.Shard, StringComparison.Ordinal),
        this);
}
