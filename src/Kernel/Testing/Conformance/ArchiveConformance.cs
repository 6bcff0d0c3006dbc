using Monolith.EventSourcing;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>An archived stream lies elsewhere and is closed; to whoever reads it, nothing has changed.</summary>
public abstract class ArchiveConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Theory]
    [InlineData(Acme, "pool_0")]
    [InlineData(Initech, "tenant_1")]
    public async Task An_archived_stream_lies_in_the_cold_partitions_of_its_type_and_shard_as_it_was(string tenant, string shard)
    {
        await using var store = await NewStore();
        var (stream, neighbour) = (await store.StoreTally(250, Ct, tenant), await store.StoreTally(120, Ct, tenant));
        var (events, snapshots) = (await Rows(store, "events", stream), await Rows(store, "snapshots", stream));

        Assert.True(await store.Store.Archive(stream, ExpectedVersion.Exactly(250), Ct));

        Assert.Equal([$"eventstore.events_tally_{shard}_archive"], await Partitions(store, "events", stream));
        Assert.Equal([$"eventstore.snapshots_tally_{shard}_archive"], await Partitions(store, "snapshots", stream));
        Assert.Equal(events, await Rows(store, "events", stream));
        Assert.Equal(snapshots, await Rows(store, "snapshots", stream));
        Assert.Equal((250, 2), (events.Count, snapshots.Count));
        Assert.Equal([$"eventstore.events_tally_{shard}"], await Partitions(store, "events", neighbour));
        Assert.Equal(
            [$"{tenant} tally {stream.AggregateId} 250 t"],
            await store.Column<string>("select concat_ws(' ', tenant_id, aggregate_type, aggregate_id, version, archived_at is not null) from eventstore.archived_streams", Ct));
        Assert.Equal(0, await store.Scalar<int>("select sum(archiving)::int from eventstore.tenants", Ct));
    }

    [Fact]
    public async Task Its_state_is_what_it_was_now_at_every_version_and_at_every_time()
    {
        var clock = new SetClock();
        await using var store = await NewStore(new() { Time = clock });
        var stream = NewTally();
        var times = new List<DateTimeOffset>();
        for (var version = 0; version < 230; version += 10)
        {
            await store.Append(stream, ExpectedVersion.Exactly(version), Counts(version, version + 9), Ct);
            times.Add(clock.Now);
            clock.Advance(TimeSpan.FromMinutes(1));
        }

        await store.Store.DrainSnapshots(Ct);
        AsOf[] moments =
        [
            AsOf.Now, .. new[] { 1L, 50, 99, 100, 101, 199, 200, 201, 229, 230, 1000 }.Select(AsOf.Version),
            AsOf.Time(times[0].AddTicks(-10)), .. times.Select(AsOf.Time), AsOf.Time(times[3].AddSeconds(1)), AsOf.Time(clock.Now),
        ];
        var before = await Loaded();
        Assert.All(before, loaded => Assert.False(loaded.IsArchived));

        await store.Store.Archive(stream, ExpectedVersion.Any, Ct);

        var after = await Loaded();
        Assert.Equal(before, after.Select(loaded => loaded with { IsArchived = false }));
        Assert.All(after, loaded => Assert.Equal(loaded.Version > 0, loaded.IsArchived));

        async Task<List<LoadedState<TallyState>>> Loaded()
        {
            var states = new List<LoadedState<TallyState>>();
            foreach (var moment in moments)
            {
                states.Add(await store.Store.Load<TallyState>(stream, moment, Ct));
            }

            return states;
        }
    }

    [Fact]
    public async Task Its_events_are_read_as_they_were_forward_and_backward_and_in_part()
    {
        var clock = new SetClock();
        await using var store = await NewStore(new() { Time = clock });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 20), Ct);
        var early = clock.Now;
        clock.Advance(TimeSpan.FromHours(1));
        await store.Append(stream, ExpectedVersion.Exactly(20), Counts(21, 40), Ct);
        StreamRange[] ranges =
        [
            StreamRange.All, new() { Backward = true }, new() { FromVersion = 7, ToVersion = 31 }, new() { FromVersion = 7, Limit = 5 },
            new() { Backward = true, ToVersion = 33, Limit = 9 }, new() { Until = early }, new() { Backward = true, Until = early }, new() { FromVersion = 41 },
        ];
        var before = await Read();

        await store.Store.Archive(stream, ExpectedVersion.Any, Ct);

        Assert.Equal(before, await Read());
        Assert.Equal([40, 40, 25, 5, 9, 20, 20, 0], before.Select(events => events.Count));

        async Task<List<List<EventEnvelope>>> Read()
        {
            var read = new List<List<EventEnvelope>>();
            foreach (var range in ranges)
            {
                read.Add(await store.Read(stream, range, Ct));
            }

            return read;
        }
    }

    [Fact]
    public async Task The_feed_has_its_events_where_they_always_were_in_order_and_once()
    {
        await using var store = await NewStore();
        StreamId[] streams = [NewTally(Acme), NewTally(Hooli), NewTally(Globex), NewTally(Initech), NewOrder(Acme), NewOrder(Initech)];
        for (var round = 0; round < 12; round++)
        {
            foreach (var stream in streams)
            {
                await store.Append(
                    stream, ExpectedVersion.Exactly(round), [NewEvent.Of(stream.AggregateType == "tally" ? new Counted(round) : new OrderRemarked($"{round}"))], Ct);
            }
        }

        var before = await Feeds();
        foreach (var stream in streams.Where((_, index) => index != 1))
        {
            await store.Store.Archive(stream, ExpectedVersion.Exactly(12), Ct);
        }

        Assert.Equal(before, await Feeds());
        Assert.All(before, feed => Assert.Equal(feed.Order().Distinct(), feed));
        Assert.Equal(72, before[0].Count);

        async Task<List<List<long>>> Feeds()
        {
            var watermark = await store.Store.Feed.Refresh(Ct);
            var feeds = new List<List<long>> { await store.FeedPositions(Ct) };
            foreach (var range in (FeedRange[])
                [new() { AggregateTypes = ["tally"] }, new() { AggregateTypes = ["tally", "order"], After = 20, Limit = 30 }, new() { TenantId = Acme }, new() { TenantId = Initech }])
            {
                feeds.Add([.. (await store.ReadFeed(range, Ct)).Select(e => e.Position)]);
            }

            foreach (var shard in await store.Store.Tenants.Shards(Ct))
            {
                foreach (var types in (string[][])[["tally"], ["order"], ["tally", "order"]])
                {
                    var page = await store.Store.Feed.ReadShard(shard, types, 0, watermark, 1000, Ct);
                    Assert.Equal(watermark, page.LastPosition);
                    feeds.Add([.. page.Events.Select(e => e.Position)]);
                }
            }

            return feeds;
        }
    }

    [Fact]
    public async Task Archiving_again_does_nothing_and_what_cannot_be_archived_is_left_as_it_is()
    {
        await using var store = await NewStore();
        var (stream, open) = (await store.StoreTally(5, Ct), await store.StoreTally(5, Ct));
        await store.Store.Archive(stream, ExpectedVersion.Exactly(5), Ct);

        Assert.False(await store.Store.Archive(stream, ExpectedVersion.Exactly(5), Ct));
        Assert.False(await store.AnotherHost().Store.Archive(stream, ExpectedVersion.Exists, Ct));
        foreach (var (archived, expected) in ((StreamId, ExpectedVersion)[])
            [(stream, ExpectedVersion.Exactly(4)), (open, ExpectedVersion.Exactly(4)), (open, ExpectedVersion.Exactly(6)), (open, ExpectedVersion.None)])
        {
            var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => store.Store.Archive(archived, expected, Ct));
            Assert.Equal((archived, expected, 5), (conflict.Stream, conflict.Expected, conflict.Actual));
        }

        await Assert.ThrowsAsync<AggregateNotFoundException>(() => store.Store.Archive(NewTally(), ExpectedVersion.Any, Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => store.Store.Archive(stream with { TenantId = "nobody" }, ExpectedVersion.Any, Ct));
        await Assert.ThrowsAsync<InvalidModelException>(() => store.Store.Archive(stream with { AggregateType = "nothing" }, ExpectedVersion.Any, Ct));
        Assert.Equal(6, (await store.Append(open, ExpectedVersion.Exactly(5), Counts(6, 6), Ct)).Version);
    }

    [Theory, Behaviour(40)]
    [InlineData(Hooli)]
    [InlineData(Globex)]
    [InlineData(Initech)]
    public async Task Another_tenant_can_neither_archive_nor_restore_nor_read_it_even_with_its_id(string other)
    {
        await using var store = await NewStore();
        var (stream, closed) = (await store.StoreTally(5, Ct), await store.StoreTally(5, Ct));
        await store.Store.Archive(closed, ExpectedVersion.Any, Ct);

        await Assert.ThrowsAsync<AggregateNotFoundException>(() => store.Store.Archive(stream with { TenantId = other }, ExpectedVersion.Any, Ct));
        await Assert.ThrowsAsync<AggregateNotFoundException>(() => store.Store.Restore(closed with { TenantId = other }, Ct));
        Assert.Equal(0, (await store.Store.Load<TallyState>(closed with { TenantId = other }, ct: Ct)).Version);
        Assert.Empty(await store.Read(closed with { TenantId = other }, StreamRange.All, Ct));

        Assert.Equal(1, (await store.Append(closed with { TenantId = other }, ExpectedVersion.None, Counts(1, 1), Ct)).Version);
        Assert.Equal(6, (await store.Append(stream, ExpectedVersion.Exactly(5), Counts(6, 6), Ct)).Version);
        Assert.True((await store.Store.Load<TallyState>(closed, ct: Ct)).IsArchived);
    }

    [Fact]
    public async Task A_disabled_tenant_can_neither_archive_nor_restore_nor_read_what_is_archived()
    {
        await using var store = await NewStore();
        var (stream, closed) = (await store.StoreTally(5, Ct), await store.StoreTally(5, Ct));
        await store.Store.Archive(closed, ExpectedVersion.Any, Ct);
        await store.AnotherHost().Store.Tenants.Disable(Acme, Ct);

        await Assert.ThrowsAsync<TenantDisabledException>(() => store.Store.Archive(stream, ExpectedVersion.Any, Ct));
        await Assert.ThrowsAsync<TenantDisabledException>(() => store.Store.Restore(closed, Ct));
        await Assert.ThrowsAsync<TenantDisabledException>(() => store.Store.Load<TallyState>(closed, ct: Ct));
        await Assert.ThrowsAsync<TenantDisabledException>(() => store.Read(closed, StreamRange.All, Ct).AsTask());
    }

    [Fact]
    public async Task A_restored_stream_is_as_it_was_and_goes_on()
    {
        await using var store = await NewStore();
        var stream = await store.StoreTally(250, Ct);
        var (events, snapshots, loaded) =
            (await Rows(store, "events", stream), await Rows(store, "snapshots", stream), await store.Store.Load<TallyState>(stream, ct: Ct));
        await store.Store.Archive(stream, ExpectedVersion.Any, Ct);

        Assert.True(await store.Store.Restore(stream, Ct));
        Assert.False(await store.Store.Restore(stream, Ct));

        Assert.Equal(["eventstore.events_tally_pool_0"], await Partitions(store, "events", stream));
        Assert.Equal(["eventstore.snapshots_tally_pool_0"], await Partitions(store, "snapshots", stream));
        Assert.Equal(events, await Rows(store, "events", stream));
        Assert.Equal(snapshots, await Rows(store, "snapshots", stream));
        Assert.Equal(loaded, await store.Store.Load<TallyState>(stream, ct: Ct));
        Assert.Equal(251, (await store.Append(stream, ExpectedVersion.Exactly(250), Counts(251, 251), Ct)).Version);
        Assert.True(await store.Store.Archive(stream, ExpectedVersion.Exactly(251), Ct));
        await Assert.ThrowsAsync<AggregateNotFoundException>(() => store.Store.Restore(NewTally(), Ct));
    }

    [Fact, Behaviour(10)]
    public async Task The_archive_is_append_only_as_the_rest_is()
    {
        await using var store = await NewStore();
        await store.Store.Archive(await store.StoreTally(3, Ct), ExpectedVersion.Any, Ct);

        foreach (var statement in (string[])
            [
                "update eventstore.events_tally_pool_0_archive set data = '{}'", "delete from eventstore.events_tally_pool_0_archive",
                "truncate eventstore.events_tally_pool_0_archive", "delete from eventstore.events where shard = 'pool_0_archive'",
            ])
        {
            Assert.Equal("ES001", (await Assert.ThrowsAsync<PostgresException>(() => store.Execute(statement, Ct))).SqlState);
        }
    }

    [Fact]
    public async Task It_is_loaded_and_read_in_two_round_trips()
    {
        await using var store = await NewStore();
        await using var relay = new Relay(store.ConnectionString);
        var remote = store.AnotherHost(store.Setup with { Connect = relay.Redirect });
        var stream = await store.StoreTally(150, Ct);
        await store.Store.Archive(stream, ExpectedVersion.Any, Ct);
        await remote.Store.Load<TallyState>(stream, ct: Ct);

        Assert.Equal(2, await Trips(() => remote.Store.Load<TallyState>(stream, ct: Ct)));
        Assert.Equal(2, await Trips(() => remote.Store.Load<TallyState>(stream, AsOf.Time(DateTimeOffset.UtcNow), Ct)));
        Assert.Equal(2, await Trips(() => remote.Read(stream, StreamRange.All, Ct).AsTask()));
        Assert.Equal(2, await Trips(() => remote.Store.Load<TallyState>(NewTally(), ct: Ct)));

        async Task<long> Trips(Func<Task> call)
        {
            var before = relay.RoundTrips;
            await call();
            return relay.RoundTrips - before;
        }
    }

    private Task<List<string>> Rows(ConformanceStore store, string table, StreamId stream) => store.Column<string>(
        $"select (to_jsonb(r) - 'shard')::text from eventstore.{table} r where tenant_id = '{stream.TenantId}' and aggregate_id = '{stream.AggregateId}' order by version", Ct);

    private Task<List<string>> Partitions(ConformanceStore store, string table, StreamId stream) => store.Column<string>(
        $"select distinct tableoid::regclass::text from eventstore.{table} where tenant_id = '{stream.TenantId}' and aggregate_id = '{stream.AggregateId}'", Ct);
}
