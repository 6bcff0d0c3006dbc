using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Cache;

/// <summary>A state in memory does not hide that its stream was archived, and an archived one is not kept.</summary>
public sealed class ArchivedCacheTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task A_cached_state_of_a_stream_that_was_archived_since_is_loaded_from_the_archive()
    {
        await using var store = await NewStore(new() { Model = CachedTally.Model });
        var stream = CachedTally.NewStream();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 150), Ct);
        await store.Store.DrainSnapshots(Ct);
        await store.Store.Load<TallyState>(stream, ct: Ct);
        Assert.Equal(150, (await store.Store.Load<TallyState>(stream, ct: Ct)).CachedVersion);

        await store.AnotherHost().Store.Archive(stream, ExpectedVersion.Exactly(150), Ct);

        for (var again = 0; again < 2; again++)
        {
            var loaded = await store.Store.Load<TallyState>(stream, ct: Ct);
            Assert.Equal((CachedTally.Replayed(150), 150, 100, 0, true), (loaded.State, loaded.Version, loaded.SnapshotVersion, loaded.CachedVersion, loaded.IsArchived));
            Assert.Equal(CachedTally.Replayed(149), (await store.Store.Load<TallyState>(stream, AsOf.Version(149), Ct)).State);
        }

        await store.Store.Restore(stream, Ct);
        Assert.False((await store.Store.Load<TallyState>(stream, ct: Ct)).IsArchived);
        await store.Append(stream, ExpectedVersion.Exactly(150), Counts(151, 151), Ct);
        var restored = await store.Store.Load<TallyState>(stream, ct: Ct);
        Assert.Equal((CachedTally.Replayed(151), 150), (restored.State, restored.CachedVersion));
    }
}
