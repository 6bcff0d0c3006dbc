using System.Diagnostics;
using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;
using static Monolith.EventStore.Tests.Cache.CachedTally;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Cache;

/// <summary>What a state in memory is good for, and that nobody ever sees from it what is no longer so.</summary>
public sealed class CachedAggregateTests(PostgresFixture postgres) : CacheTests(postgres)
{
    [Fact]
    public async Task A_second_load_takes_the_state_from_memory_and_reads_only_what_came_since()
    {
        await using var store = await NewStore(Cached);
        var stream = await Stored(store, 250);
        await Loads(store, stream, version: 250, cached: 0, events: 50);

        await Loads(store, stream, version: 250, cached: 250, events: 0);
        await store.Append(stream, ExpectedVersion.Exactly(250), Counts(251, 257), Ct);
        await Loads(store, stream, version: 257, cached: 250, events: 7);
        await Loads(store, stream, version: 257, cached: 257, events: 0);
    }

    [Fact]
    public async Task A_state_that_is_just_its_snapshot_is_kept_too()
    {
        await using var store = await NewStore(Cached);
        var stream = await Stored(store, 200);
        var first = await store.Store.Load<TallyState>(stream, ct: Ct);

        Assert.Equal((200, 0), (first.SnapshotVersion, first.EventsRead));
        await Loads(store, stream, version: 200, cached: 200, events: 0);
    }

    [Fact]
    public async Task A_load_sees_what_another_host_has_just_written()
    {
        await using var store = await NewStore(Cached);
        var other = store.AnotherHost();
        var stream = NewStream();
        for (var version = 1; version <= 30; version++)
        {
            await (version % 2 == 0 ? store : other).Append(stream, ExpectedVersion.Exactly(version - 1), Counts(version, version), Ct);
            await Loads(store, stream, version, cached: version - 1, events: 1);
            await Loads(other, stream, version, cached: version - 1, events: 1);
        }
    }

    [Fact]
    public async Task A_load_is_one_round_trip_from_memory_as_from_the_snapshot()
    {
        // Other hosts are told of an append a moment after it, which would be counted too.
        await using var store = await NewStore(Cached with { Configure = options => options.Notify = false });
        var stream = await Stored(store, 150);
        await store.Store.Load<TallyState>(NewStream(), ct: Ct);

        Assert.Equal(1, await Commands(store, () => Loads(store, stream, version: 150, cached: 0, events: 50)));
        Assert.Equal(1, await Commands(store, () => Loads(store, stream, version: 150, cached: 150, events: 0)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(9)]
    public async Task A_stream_that_was_erased_and_made_anew_under_its_id_is_not_mistaken_for_the_one_in_memory(int newLength)
    {
        await using var store = await NewStore(Cached);
        var stream = await Warm(store, 5);
        await Erase(store, stream);
        Assert.Equal(0, (await store.Store.Load<TallyState>(stream, ct: Ct)).Version);

        stream = await Warm(store, 5);
        await Erase(store, stream);
        await store.AnotherHost().Append(stream, ExpectedVersion.None, Counts(101, 100 + newLength), Ct);
        var loaded = await store.Store.Load<TallyState>(stream, ct: Ct);

        Assert.Equal((newLength, Enumerable.Range(101, newLength).Sum()), (loaded.Version, loaded.State.Sum));
        Assert.Equal(0, loaded.CachedVersion);
    }

    [Fact]
    public async Task A_tail_longer_than_the_distance_of_snapshots_is_left_to_the_snapshot()
    {
        await using var store = await NewStore(Cached);
        var stream = await Warm(store, 50);
        await store.Append(stream, ExpectedVersion.Exactly(50), Counts(51, 150), Ct);
        await Loads(store, stream, version: 150, cached: 50, events: 100);

        await store.Append(stream, ExpectedVersion.Exactly(150), Counts(151, 251), Ct);
        await store.Store.DrainSnapshots(Ct);
        var loaded = await store.Store.Load<TallyState>(stream, ct: Ct);

        Assert.Equal((251, 0, 200, 51), (loaded.Version, loaded.CachedVersion, loaded.SnapshotVersion, loaded.EventsRead));
        await Loads(store, stream, version: 251, cached: 251, events: 0);
    }

    [Fact]
    public async Task A_state_as_of_a_version_comes_from_memory_when_that_is_near_and_not_beyond_it()
    {
        await using var store = await NewStore(Cached);
        var stream = await Stored(store, 50);
        await Loads(store, stream, version: 50, cached: 0, events: 50);
        await store.Append(stream, ExpectedVersion.Exactly(50), Counts(51, 320), Ct);
        await store.Store.DrainSnapshots(Ct);

        foreach (var (version, cached, snapshot) in ((int, int, int)[])[(50, 50, 0), (51, 50, 0), (150, 50, 0), (151, 0, 100), (49, 0, 0), (320, 0, 300), (999, 0, 300), (60, 50, 0)])
        {
            var loaded = await store.Store.Load<TallyState>(stream, AsOf.Version(version), Ct);
            Assert.Equal((Math.Min(version, 320), cached, snapshot), (loaded.Version, loaded.CachedVersion, loaded.SnapshotVersion));
            Assert.Equal(Replayed(Math.Min(version, 320)), loaded.State);
        }
    }

    [Fact]
    public async Task A_state_as_of_a_version_or_a_time_does_not_take_the_place_of_the_newest_one()
    {
        var clock = new SetClock();
        await using var store = await NewStore(Cached with { Time = clock });
        var stream = await Warm(store, 10);
        var then = clock.Now;
        clock.Advance(TimeSpan.FromHours(1));
        await store.Append(stream, ExpectedVersion.Exactly(10), Counts(11, 20), Ct);
        await Loads(store, stream, version: 20, cached: 10, events: 10);

        Assert.Equal((Replayed(10), 0), await AsOfThen(AsOf.Time(then)));
        Assert.Equal((Replayed(7), 0), await AsOfThen(AsOf.Version(7)));
        await Loads(store, stream, version: 20, cached: 20, events: 0);

        async Task<(TallyState, long)> AsOfThen(AsOf asOf)
        {
            var loaded = await store.Store.Load<TallyState>(stream, asOf, Ct);
            return (loaded.State, loaded.CachedVersion);
        }
    }

    [Fact]
    public async Task A_type_that_does_not_ask_for_it_is_not_kept_in_memory()
    {
        await using var store = await NewStore(Cached);
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 5), Ct);

        await Loads(store, stream, version: 5, cached: 0, events: 5);
        await Loads(store, stream, version: 5, cached: 0, events: 5);
    }

    [Theory]
    [InlineData(0, 1_000_000)]
    [InlineData(1_000, 0)]
    [InlineData(1_000, 100)]
    public async Task Nothing_is_kept_when_there_is_no_room_for_it(int states, long bytes)
    {
        await using var store = await NewStore(Cached with { Configure = options => (options.MaxCachedStates, options.MaxCachedBytes) = (states, bytes) });
        var stream = await Stored(store, 5);

        await Loads(store, stream, version: 5, cached: 0, events: 5);
        await Loads(store, stream, version: 5, cached: 0, events: 5);
    }

    [Fact]
    public async Task Updates_of_many_at_once_are_each_decided_on_the_newest_state()
    {
        await using var store = await NewStore(Cached);
        var other = store.AnotherHost();
        using var context = new OperationContext(Acme, EventMetadata.Empty).Begin();
        var tally = new CachedTally(Guid.CreateVersion7());
        tally.Count(1);
        await new AggregateRepository<CachedTally>(store.Store, CachedTally.Model).Save(tally, Ct);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var tallies = new AggregateRepository<CachedTally>((writer % 2 == 0 ? store : other).Store, CachedTally.Model);
            for (var n = 0; n < 15; n++)
            {
                await Patiently(() => tallies.Update(tally.Id, t => t.Count(t.State.Events + 1), ct: Ct));
            }
        })));

        var stream = new StreamId(Acme, "cached_tally", tally.Id);
        Assert.Equal(Enumerable.Range(1, 121).Select(n => (long)n), await store.Numbers(stream, Ct));
        Assert.Equal(Replayed(121), (await store.Store.Load<TallyState>(stream, ct: Ct)).State);
        Assert.Equal(Replayed(121), (await other.Store.Load<TallyState>(stream, ct: Ct)).State);
    }

    // Eight writers on one aggregate may lose more races than a repository puts up with.
    private static async Task Patiently(Func<Task> update)
    {
        while (true)
        {
            try
            {
                await update();
                return;
            }
            catch (ConcurrencyException)
            {
                await Task.Yield();
            }
        }
    }

    // Npgsql reports each command as an activity; a command of the store is one round trip.
    private static async Task<int> Commands(ConformanceStore store, Func<Task> work)
    {
        var count = 0;
        var database = new NpgsqlConnectionStringBuilder(store.ConnectionString).Database;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (Equals(activity.GetTagItem("db.namespace"), database))
                {
                    Interlocked.Increment(ref count);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await work();
        return count;
    }
}
