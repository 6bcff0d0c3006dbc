using CsCheck;

namespace Monolith.EventStore.Tests.Snapshots;

public sealed class SnapshotRetentionTests
{
    private static readonly Gen<List<long>> Versions = Gen.Long[1, 300].HashSet[1, 60].Select(versions => versions.Order().ToList());

    private static readonly Gen<SnapshotRetention> Retentions = Gen.Select(Gen.Int[0, 6], Gen.Int[0, 90], (newest, every) => new SnapshotRetention(newest, every));

    [Fact]
    public void It_keeps_the_same_whether_asked_after_each_snapshot_or_after_all_and_asked_again() =>
        Gen.Select(Versions, Retentions, Gen.Int[1, 8]).Sample((versions, retention, batch) =>
        {
            var steps = new List<long>();
            foreach (var chunk in versions.Chunk(batch))
            {
                steps.AddRange(chunk);
                steps = Kept(retention, steps);
            }

            Assert.Equal(Kept(retention, versions), steps);
            Assert.Equal(steps, Kept(retention, steps));
        });

    [Fact]
    public void The_newest_is_always_kept_and_as_many_more_as_it_says() =>
        Gen.Select(Versions, Retentions).Sample((versions, retention) =>
        {
            var kept = Kept(retention, versions);
            Assert.Equal(versions.TakeLast(Math.Max(1, retention.Newest)), kept.TakeLast(Math.Min(versions.Count, Math.Max(1, retention.Newest))));
            Assert.True(retention.KeepsAll ? kept.Count == versions.Count : retention.Every > 0 || kept.Count <= Math.Max(1, retention.Newest));
        });

    [Fact]
    public void One_of_each_so_many_events_is_kept_where_there_was_one() =>
        Gen.Select(Versions, Gen.Int[1, 90]).Sample((versions, every) =>
            Assert.Equal(
                versions.GroupBy(version => (version - 1) / every).Select(ofEvents => ofEvents.Last()),
                Kept(new(0, every), versions)));

    private static List<long> Kept(SnapshotRetention retention, List<long> versions)
    {
        List<long> kept = [.. versions];
        retention.Thin(kept, version => version);
        return kept;
    }
}
