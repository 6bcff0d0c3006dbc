using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Snapshots by the size of the event data behind the last one, so that a load reads less than that.</summary>
public abstract class SnapshotSizeConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const int Limit = 2000;

    [Theory, Behaviour(25, 26)]
    [InlineData(typeof(SizedTally), 1)]
    [InlineData(typeof(SizedTally), 7)]
    [InlineData(typeof(SizedOrEveryTenthTally), 1)]
    [InlineData(typeof(SizedOrEveryTenthTally), 7)]
    public async Task A_snapshot_stands_at_each_event_with_which_the_data_since_the_last_one_reaches_the_size(Type type, int batch)
    {
        await using var store = await NewStore(new() { Model = ModelWith(type) });
        var stream = NewTally();
        var random = new Random(Seed.Of(TestContext.Current));
        var events = Enumerable.Range(1, 140).Select(number => number % 9 == 0 ? Note(random.Next(1, 900)) : NewEvent.Of(new Counted(number))).ToArray();
        foreach (var part in events.Chunk(batch))
        {
            await store.Append(stream, ExpectedVersion.Any, part, Ct);
        }

        await store.Store.DrainSnapshots(Ct);

        var places = await Places(store, stream, every: type == typeof(SizedTally) ? long.MaxValue : 10);
        Assert.True(places.Count > 2, string.Join(' ', places));
        Assert.Equal(places, await Snapshots(store, stream));
        for (var version = 1; version <= events.Length; version++)
        {
            var loaded = await store.Store.Load<TallyState>(stream, AsOf.Version(version), Ct);
            Assert.Equal(events.Take(version).Aggregate(TallyState.Initial, (state, e) => state.Apply(e.Event)), loaded.State);
            Assert.Equal((places.LastOrDefault(place => place <= version), version), (loaded.SnapshotVersion, loaded.Version));
        }
    }

    [Fact, Behaviour(25)]
    public async Task No_load_reads_as_much_data_as_the_size_whatever_is_appended()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(SizedTally)) });
        var stream = NewTally();
        var random = new Random(Seed.Of(TestContext.Current));
        for (var turn = 0; turn < 60; turn++)
        {
            // Quotes, commas and colons: what comes back is longer than what was sent.
            NewEvent[] events = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => NewEvent.Of(new Noted(string.Concat(Enumerable.Repeat("\",:", random.Next(60))))))];
            await store.Append(stream, ExpectedVersion.Any, events, Ct);
            await store.Store.DrainSnapshots(Ct);
            Assert.True(await Tail(store, stream) < Limit, $"{await Tail(store, stream)} bytes at turn {turn}");
        }

        Assert.NotEmpty(await Snapshots(store, stream));
    }

    [Fact, Behaviour(25)]
    public async Task An_event_that_is_as_large_by_itself_gets_a_snapshot_at_once()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(SizedTally)) });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, [.. Counts(1, 1), Note(Limit), Note(Limit), .. Counts(2, 2)], Ct);
        await store.Store.DrainSnapshots(Ct);

        Assert.Equal([2, 3], await Snapshots(store, stream));
    }

    [Fact, Behaviour(25)]
    public async Task Appends_to_several_streams_count_for_each()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(SizedTally)) });
        var (large, small) = (NewTally(), NewTally());
        for (var turn = 0; turn < 3; turn++)
        {
            await store.Store.AppendMany([new(large, ExpectedVersion.Any, [Note(Limit / 2)]), new(small, ExpectedVersion.Any, Counts(1, 1))], Ct);
        }

        await store.Store.DrainSnapshots(Ct);

        Assert.Equal([2], await Snapshots(store, large));
        Assert.Empty(await Snapshots(store, small));
    }

    [Fact, Behaviour(25)]
    public async Task A_host_that_did_not_see_the_earlier_appends_learns_of_their_size_with_its_next_load()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(SizedTally)) });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, [Note(Limit * 3 / 4)], Ct);
        var other = store.AnotherHost();

        // Nobody has seen both.
        await other.Append(stream, ExpectedVersion.Exactly(1), [Note(Limit / 2)], Ct);
        await other.Store.DrainSnapshots(Ct);
        Assert.Empty(await Snapshots(store, stream));

        var loaded = await other.Store.Load<TallyState>(stream, ct: Ct);
        await other.Store.DrainSnapshots(Ct);
        Assert.Equal((2, 0), (loaded.EventsRead, loaded.SnapshotVersion));
        Assert.Equal([2], await Snapshots(store, stream));
    }

    [Fact, Behaviour(25)]
    public async Task A_host_that_has_loaded_the_stream_knows_how_much_more_it_may_append()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(SizedTally)) });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, [Note(Limit * 3 / 4)], Ct);
        var other = store.AnotherHost();
        await other.Store.Load<TallyState>(stream, ct: Ct);

        await other.Append(stream, ExpectedVersion.Exactly(1), [Note(Limit / 2)], Ct);
        await other.Store.DrainSnapshots(Ct);

        Assert.Equal([2], await Snapshots(store, stream));
    }

    [Fact, Behaviour(25)]
    public async Task A_cached_type_counts_what_its_loads_read_on_top_of_the_state_in_memory()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(CachedSizedTally)) });
        var stream = NewTally();
        var other = store.AnotherHost();
        await other.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);
        await store.Store.Load<TallyState>(stream, ct: Ct);
        for (var version = 1; version < 9; version++)
        {
            await other.Append(stream, ExpectedVersion.Exactly(version), [Note(Limit / 4)], Ct);
            await other.Store.DisposeAsync();
            other = store.AnotherHost();
            Assert.Equal(version, (await store.Store.Load<TallyState>(stream, ct: Ct)).CachedVersion);
            await store.Store.DrainSnapshots(Ct);
        }

        Assert.Equal(await Places(store, stream, every: long.MaxValue), await Snapshots(store, stream));
        Assert.Equal(2, (await Snapshots(store, stream)).Count);
    }

    [Fact, Behaviour(25)]
    public async Task Writers_on_several_hosts_at_once_leave_the_snapshots_of_one()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(SizedTally)) });
        ConformanceStore[] hosts = [store, store.AnotherHost(), store.AnotherHost()];
        var stream = NewTally();
        await Task.WhenAll(hosts.SelectMany(host => Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            for (var turn = 0; turn < 20; turn++)
            {
                await host.Append(stream, ExpectedVersion.Any, [Note(100)], Ct);
            }
        }))));
        foreach (var host in hosts)
        {
            await host.Store.Load<TallyState>(stream, ct: Ct);
            await host.Store.DrainSnapshots(Ct);
        }

        Assert.Equal(await Places(store, stream, every: long.MaxValue), await Snapshots(store, stream));
    }

    [Fact, Behaviour(25, 29)]
    public async Task A_snapshot_by_size_that_could_not_be_written_is_made_up_for_after_the_next_load()
    {
        var logs = new CollectedLogs();
        await using var store = await NewStore(new() { Model = ModelWith(typeof(SizedTally)), Loggers = logs });
        var stream = NewTally();
        await store.Execute("create function refuse() returns trigger language plpgsql as 'begin raise ''no snapshots today''; end'", Ct);
        await store.Execute("create trigger refuse before insert on eventstore.snapshots_tally_pool_0 for each row execute function refuse()", Ct);
        for (var version = 0; version < 30; version++)
        {
            await store.Append(stream, ExpectedVersion.Exactly(version), [Note(250)], Ct);
            await store.Store.DrainSnapshots(Ct);
        }

        // Not with each of the appends after the first failure, but each time as much has come again.
        Assert.Equal(3, logs.Warnings.Count);
        await store.Execute("drop trigger refuse on eventstore.snapshots_tally_pool_0", Ct);
        await store.Store.Load<TallyState>(stream, ct: Ct);
        await store.Store.DrainSnapshots(Ct);

        Assert.Equal(await Places(store, stream, every: long.MaxValue), await Snapshots(store, stream));
    }

    private static NewEvent Note(int length) => NewEvent.Of(new Noted(new('x', length)));

    private static DomainModel ModelWith(Type aggregate) => new DomainModelBuilder().AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(aggregate).Build();

    // From what is stored: at each multiple, and where the data since the last place reaches the limit.
    private async Task<List<long>> Places(ConformanceStore store, StreamId stream, long every)
    {
        var (places, since) = (new List<long>(), 0L);
        var sizes = await store.Column<int>(
            $"select octet_length(data::text) from eventstore.events where aggregate_id = '{stream.AggregateId}' order by version", Ct);
        for (var index = 0; index < sizes.Count; index++)
        {
            since += sizes[index];
            if (since >= Limit || (index + 1) % every == 0)
            {
                places.Add(index + 1);
                since = 0;
            }
        }

        return places;
    }

    private Task<long> Tail(ConformanceStore store, StreamId stream) => store.Scalar<long>(
        $"""
        select coalesce(sum(octet_length(data::text)), 0)
        from eventstore.events
        where aggregate_id = '{stream.AggregateId}'
          and version > coalesce((select max(version) from eventstore.snapshots where aggregate_id = '{stream.AggregateId}'), 0)
        """,
        Ct);

    private Task<List<long>> Snapshots(ConformanceStore store, StreamId stream) =>
        store.Column<long>($"select version from eventstore.snapshots where aggregate_id = '{stream.AggregateId}' order by version", Ct);

    /// <summary>By size alone.</summary>
    [AggregateType("tally", SnapshotEvery = 0, SnapshotAfterBytes = Limit)]
    private sealed class SizedTally(Guid id) : Aggregate<TallyState>(id);

    /// <summary>Whichever comes first.</summary>
    [AggregateType("tally", SnapshotEvery = 10, SnapshotAfterBytes = Limit)]
    private sealed class SizedOrEveryTenthTally(Guid id) : Aggregate<TallyState>(id);

    [AggregateType("tally", SnapshotEvery = 0, SnapshotAfterBytes = Limit, Cache = true)]
    private sealed class CachedSizedTally(Guid id) : Aggregate<TallyState>(id);
}
