using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>
/// Which snapshots of a stream are kept: the newest, at least one, and of the older ones the last of each so many events. Applied again to what it
/// has kept, it keeps the same.
/// </summary>
/// <param name="Newest">How many of the newest; 0 for one where <paramref name="Every"/> says which others, else for all.</param>
/// <param name="Every">How many events each of the older ones stands for; 0 for none of them.</param>
internal readonly record struct SnapshotRetention(int Newest, int Every)
{
    public static SnapshotRetention Of(AggregateDefinition definition) => new(definition.SnapshotsKept, definition.SnapshotKeptEvery);

    public bool KeepsAll => Newest == 0 && Every == 0;

    /// <summary>Takes out what is not kept.</summary>
    /// <param name="snapshots">Snapshots of one stream, oldest first.</param>
    /// <param name="versionOf">Their versions.</param>
    public void Thin<T>(List<T> snapshots, Func<T, long> versionOf)
    {
        if (KeepsAll)
        {
            return;
        }

        var (older, kept) = (Math.Max(0, snapshots.Count - Math.Max(Newest, 1)), 0);
        for (var i = 0; i < snapshots.Count; i++)
        {
            if (i >= older || IsLastOfItsEvents(versionOf(snapshots[i]), versionOf(snapshots[i + 1])))
            {
                snapshots[kept++] = snapshots[i];
            }
        }

        snapshots.RemoveRange(kept, snapshots.Count - kept);
    }

    private bool IsLastOfItsEvents(long version, long next) => Every > 0 && (version - 1) / Every != (next - 1) / Every;
}
