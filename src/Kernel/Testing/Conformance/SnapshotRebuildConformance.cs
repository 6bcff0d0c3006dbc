using Monolith.EventSourcing;
using Monolith.EventStore;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Writing the missing snapshots of a type at once, before loads have to.</summary>
public abstract class SnapshotRebuildConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(28)]
    public async Task The_streams_of_all_tenants_get_the_snapshots_that_they_miss_and_what_is_there_is_passed_over()
    {
        await using var store = await NewStore();
        var streams = await Filled(store, Acme, Globex, Hooli, Initech);
        await store.Execute("delete from eventstore.snapshots where version <> 200", Ct);
        var reports = new List<SnapshotRebuildProgress>();

        var done = await store.Store.RebuildSnapshots("tally", progress: new Reports(reports), ct: Ct);

        Assert.Equal(new("tally", 4, 4, Streams: 8, Snapshots: 8, Failed: 0), done);
        Assert.Equal(done, reports[^1]);
        Assert.Equal(reports.OrderBy(report => report.TenantsDone).ThenBy(report => report.Snapshots), reports);
        foreach (var stream in streams)
        {
            Assert.Equal(stream.Events / 100 * 100L, (await store.Store.Load<TallyState>(stream.Id, ct: Ct)).SnapshotVersion);
            await IsRight<TallyState>(store, stream.Id, stream.Events);
        }

        Assert.Equal(0, (await store.Store.RebuildSnapshots("tally", ct: Ct)).Snapshots);
    }

    [Fact, Behaviour(28)]
    public async Task After_a_change_of_the_states_shape_no_load_has_to_replay_from_the_beginning()
    {
        await using var store = await NewStore();
        var streams = await Filled(store, Acme, Initech);
        var next = store.AnotherHost(new() { Model = ModelWith(typeof(RenumberedTally)) });

        var done = await next.Store.RebuildSnapshots("tally", ct: Ct);

        Assert.Equal((4, 6, 0), (done.Streams, done.Snapshots, done.Failed));
        foreach (var stream in streams)
        {
            Assert.True((await next.Store.Load<TallyState>(stream.Id, ct: Ct)).EventsRead < 100);
            await IsRight<TallyState>(next, stream.Id, stream.Events);
        }
    }

    [Fact]
    public async Task One_tenant_can_be_rebuilt_by_itself()
    {
        await using var store = await NewStore();
        await Filled(store, Acme, Hooli);
        await store.Execute("delete from eventstore.snapshots", Ct);

        Assert.Equal(new("tally", 1, 1, Streams: 2, Snapshots: 3, Failed: 0), await store.Store.RebuildSnapshots("tally", Hooli, ct: Ct));

        Assert.Equal(["hooli"], await store.Column<string>("select distinct tenant_id from eventstore.snapshots", Ct));
    }

    [Fact]
    public async Task Disabled_tenants_are_left_out_and_what_does_not_exist_is_refused()
    {
        await using var store = await NewStore();
        await Filled(store, Acme, Hooli);
        await store.Execute("delete from eventstore.snapshots", Ct);
        await store.Store.Tenants.Disable(Hooli, Ct);

        Assert.Equal(new("tally", 3, 3, Streams: 2, Snapshots: 3, Failed: 0), await store.Store.RebuildSnapshots("tally", ct: Ct));
        await Assert.ThrowsAsync<TenantDisabledException>(() => store.Store.RebuildSnapshots("tally", Hooli, ct: Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => store.Store.RebuildSnapshots("tally", "umbrella", ct: Ct));
        await Assert.ThrowsAsync<InvalidModelException>(() => store.Store.RebuildSnapshots("nothing", ct: Ct));
    }

    [Fact]
    public async Task A_run_that_was_stopped_is_resumed_by_another_that_passes_over_what_is_done()
    {
        const int Streams = 250;
        await using var store = await NewStore(new() { Model = ModelWith(typeof(KeepsSmallSteps)) });
        await store.Store.AppendMany([.. Enumerable.Range(0, Streams).Select(_ => new AppendRequest(NewTally(), ExpectedVersion.Any, Counts(1, 6)))], Ct);
        await store.Store.DrainSnapshots(Ct);
        await store.Execute("delete from eventstore.snapshots", Ct);
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.Store.RebuildSnapshots("tally", Acme, new StopsAtTheFirst(stop), stop.Token));
        var written = await store.Scalar<long>("select count(*) from eventstore.snapshots", Ct);
        Assert.InRange(written, 1, Streams - 1);
        var resumed = await store.Store.RebuildSnapshots("tally", Acme, ct: Ct);

        Assert.Equal((Streams, Streams - written), (resumed.Streams, resumed.Snapshots));
        Assert.Equal(Streams, await store.Scalar<long>("select count(*) from eventstore.snapshots where version = 5", Ct));
    }

    [Fact]
    public async Task Only_what_the_type_keeps_is_written()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(KeepsSmallSteps)) });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 108), Ct);
        await store.Store.DrainSnapshots(Ct);
        await store.Execute("delete from eventstore.snapshots", Ct);

        Assert.Equal(4, (await store.Store.RebuildSnapshots("tally", ct: Ct)).Snapshots);

        Assert.Equal([50, 100, 105], await store.Column<long>("select version from eventstore.snapshots where version not in (95) order by version", Ct));
        await IsRight<TallyState>(store, stream, 108);
    }

    [Fact]
    public async Task Snapshots_by_size_are_written_where_appends_would_have_written_them()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(SizedTally)) });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Enumerable.Range(1, 90).Select(n => NewEvent.Of(new Noted(new('x', n * 3)))), Ct);
        await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 3), Ct);
        await store.Store.DrainSnapshots(Ct);
        var live = await store.Column<string>("select version || ' ' || state from eventstore.snapshots order by version", Ct);
        Assert.True(live.Count > 5);
        await store.Execute("delete from eventstore.snapshots where version > 30", Ct);

        var done = await store.Store.RebuildSnapshots("tally", Acme, ct: Ct);

        Assert.Equal(live, await store.Column<string>("select version || ' ' || state from eventstore.snapshots order by version", Ct));
        Assert.Equal((2, 0), (done.Streams, done.Failed));
        Assert.Equal(0, (await store.Store.RebuildSnapshots("tally", Acme, ct: Ct)).Snapshots);
    }

    [Fact]
    public async Task A_stream_that_cannot_be_read_is_counted_and_warned_of_and_the_others_get_theirs()
    {
        var logs = new CollectedLogs();
        await using var store = await NewStore(new() { Loggers = logs });
        var streams = await Filled(store, Acme);
        await store.Execute("delete from eventstore.snapshots", Ct);
        await store.Execute(
            $"""
            begin;
            set local eventstore.maintenance = 'on';
            update eventstore.events set event_type = 'tally.forgotten' where aggregate_id = '{streams[0].Id.AggregateId}' and version = 7;
            commit
            """,
            Ct);

        var done = await store.Store.RebuildSnapshots("tally", Acme, ct: Ct);

        Assert.Equal((2, 1), (done.Streams, done.Failed));
        Assert.Contains(logs.Warnings, warning => warning.Contains(streams[0].Id.AggregateId.ToString(), StringComparison.Ordinal));
        Assert.Equal([streams[1].Id.AggregateId], await store.Column<Guid>("select distinct aggregate_id from eventstore.snapshots", Ct));
    }

    [Fact]
    public async Task Appends_go_on_meanwhile_and_find_what_they_need()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(KeepsSmallSteps)) });
        var streams = Enumerable.Range(0, 20).Select(_ => NewTally()).ToList();
        using var enough = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            var turns = 0;
            for (; !enough.IsCancellationRequested; turns++)
            {
                await store.Append(streams[turns % streams.Count], ExpectedVersion.Any, Counts(turns, turns + 3), Ct);
            }

            return turns;
        });

        for (var round = 0; round < 5; round++)
        {
            Assert.Equal(0, (await store.AnotherHost().Store.RebuildSnapshots("tally", ct: Ct)).Failed);
        }

        await enough.CancelAsync();
        await writer;
        await store.Store.DrainSnapshots(Ct);
        foreach (var stream in streams)
        {
            var expected = (await store.Read(stream, StreamRange.All, Ct)).Aggregate(TallyState.Initial, (state, e) => state.Apply(e.Event));
            Assert.Equal(expected, (await store.Store.Load<TallyState>(stream, ct: Ct)).State);
        }
    }

    private static DomainModel ModelWith(Type aggregate) => new DomainModelBuilder().AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(aggregate).Build();

    // For each tenant a short stream, one of a snapshot and one of two.
    private async Task<List<(StreamId Id, int Events)>> Filled(ConformanceStore store, params string[] tenants)
    {
        var streams = new List<(StreamId, int)>();
        foreach (var tenant in tenants)
        {
            await store.Append(NewTally(tenant), ExpectedVersion.None, Counts(1, 99), Ct);
            foreach (var events in (int[])[130, 250])
            {
                var stream = NewTally(tenant);
                await store.Append(stream, ExpectedVersion.None, Counts(1, events), Ct);
                streams.Add((stream, events));
            }
        }

        await store.Store.DrainSnapshots(Ct);
        return streams;
    }

    private async Task IsRight<TState>(ConformanceStore store, StreamId stream, int events) where TState : class, IState<TState>
    {
        foreach (var version in await store.Column<long>($"select version from eventstore.snapshots where aggregate_id = '{stream.AggregateId}'", Ct))
        {
            var loaded = await store.Store.Load<TState>(stream, AsOf.Version(version), Ct);
            Assert.Equal((version, version, 0), (loaded.Version, loaded.SnapshotVersion, loaded.EventsRead));
            Assert.Equal(Enumerable.Range(1, (int)version).Aggregate(TState.Initial, (state, number) => state.Apply(new Counted(number))), loaded.State);
        }

        Assert.Equal(events, (await store.Store.Load<TState>(stream, ct: Ct)).Version);
    }

    [AggregateType("tally", SnapshotSchema = 2)]
    private sealed class RenumberedTally(Guid id) : Aggregate<TallyState>(id);

    [AggregateType("tally", SnapshotEvery = 5, SnapshotsKept = 3, SnapshotKeptEvery = 50)]
    private sealed class KeepsSmallSteps(Guid id) : Aggregate<TallyState>(id);

    [AggregateType("tally", SnapshotEvery = 20, SnapshotAfterBytes = 1500)]
    private sealed class SizedTally(Guid id) : Aggregate<TallyState>(id);

    private sealed class Reports(List<SnapshotRebuildProgress> reports) : IProgress<SnapshotRebuildProgress>
    {
        public void Report(SnapshotRebuildProgress value) => reports.Add(value);
    }

    private sealed class StopsAtTheFirst(CancellationTokenSource stop) : IProgress<SnapshotRebuildProgress>
    {
        public void Report(SnapshotRebuildProgress value) => stop.Cancel();
    }
}
