using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>When snapshots are written and how they are used.</summary>
public abstract class SnapshotConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(25)]
    public async Task There_is_no_snapshot_below_a_hundred_events_and_one_at_each_multiple()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        for (var version = 0; version < 305; version++)
        {
            await store.Append(stream, ExpectedVersion.Exactly(version), Counts(version, version), Ct);
            if (version + 1 is 99 or 100 or 199 or 200 or 201 or 305)
            {
                await store.Store.DrainSnapshots(Ct);
                Assert.Equal(Enumerable.Range(1, (version + 1) / 100).Select(n => n * 100L), await Snapshots(store, stream));
            }
        }
    }

    [Theory, Behaviour(25)]
    [InlineData(98, 5, 103)]
    [InlineData(99, 1, 100)]
    [InlineData(0, 100, 100)]
    [InlineData(0, 450, 450)]
    [InlineData(150, 400, 550)]
    [InlineData(100, 99, 199)]
    public async Task A_batch_that_jumps_over_multiples_leaves_a_snapshot_at_each_of_them(int before, int batch, int after)
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, before), Ct);
        await store.Append(stream, ExpectedVersion.Exactly(before), Counts(before + 1, after), Ct);
        await store.Store.DrainSnapshots(Ct);

        Assert.Equal(before + batch, after);
        Assert.Equal(Enumerable.Range(1, after / 100).Select(n => n * 100L), await Snapshots(store, stream));
        foreach (var version in await Snapshots(store, stream))
        {
            Assert.Equal(Replayed((int)version), (await store.Store.Load<TallyState>(stream, AsOf.Version(version), Ct)).State);
        }
    }

    [Fact, Behaviour(25)]
    public async Task A_snapshot_is_written_whoever_writes_and_although_the_writer_stops_before_it_is()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var writer = store.AnotherHost();
        await writer.Append(stream, ExpectedVersion.None, Counts(1, 120), Ct);
        await writer.Store.DisposeAsync();

        var loaded = await store.Store.Load<TallyState>(stream, ct: Ct);
        await store.Store.DrainSnapshots(Ct);

        Assert.Equal((120, 120), (loaded.Version, loaded.SnapshotVersion + loaded.EventsRead));
        Assert.Equal([100], await Snapshots(store, stream));
    }

    [Fact, Behaviour(25)]
    public async Task Snapshots_of_a_stream_that_grows_faster_than_they_are_written_are_all_written()
    {
        await using var store = await NewStore();
        var streams = Enumerable.Range(0, 4).Select(_ => NewTally()).ToList();
        await Task.WhenAll(streams.Select(stream => Task.Run(async () =>
        {
            for (var version = 0; version < 1000; version += 50)
            {
                await store.Append(stream, ExpectedVersion.Exactly(version), Counts(version + 1, version + 50), Ct);
            }
        })));
        await store.Store.DrainSnapshots(Ct);

        foreach (var stream in streams)
        {
            Assert.Equal(Enumerable.Range(1, 10).Select(n => n * 100L), await Snapshots(store, stream));
        }
    }

    [Fact, Behaviour(25, 29)]
    public async Task A_snapshot_that_could_not_be_written_is_made_up_for_by_the_next_one()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await RefuseSnapshots(store);
        await store.Append(stream, ExpectedVersion.None, Counts(1, 150), Ct);
        await store.Store.DrainSnapshots(Ct);
        Assert.Empty(await Snapshots(store, stream));
        await store.Execute("drop trigger refuse on eventstore.snapshots_tally_pool_0", Ct);

        await store.Append(stream, ExpectedVersion.Exactly(150), Counts(151, 250), Ct);
        await store.Store.DrainSnapshots(Ct);

        Assert.Equal([100, 200], await Snapshots(store, stream));
    }

    [Fact, Behaviour(26)]
    public async Task Snapshot_and_tail_equal_a_full_replay_at_every_version()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 320), Ct);
        await store.Store.DrainSnapshots(Ct);

        for (var version = 1; version <= 320; version++)
        {
            var loaded = await store.Store.Load<TallyState>(stream, AsOf.Version(version), Ct);
            Assert.Equal(Replayed(version), loaded.State);
            Assert.Equal((version, version / 100 * 100, version % 100), (loaded.Version, loaded.SnapshotVersion, loaded.EventsRead));
        }

        var now = await store.Store.Load<TallyState>(stream, ct: Ct);
        Assert.Equal((Replayed(320), 300, 20), (now.State, now.SnapshotVersion, now.EventsRead));
    }

    [Fact, Behaviour(27)]
    public async Task A_state_as_of_a_time_never_uses_a_newer_snapshot_and_reads_at_most_ninety_nine_events()
    {
        var clock = new SetClock();
        await using var store = await NewStore(new() { Time = clock });
        var stream = NewTally();
        var times = new List<DateTimeOffset>();
        for (var version = 0; version < 260; version += 10)
        {
            times.Add(clock.Now);
            await store.Append(stream, ExpectedVersion.Exactly(version), Counts(version + 1, version + 10), Ct);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        await store.Store.DrainSnapshots(Ct);
        for (var index = 0; index < times.Count; index++)
        {
            var version = (index + 1) * 10;
            foreach (var time in (DateTimeOffset[])[times[index], times[index].AddMilliseconds(999)])
            {
                var loaded = await store.Store.Load<TallyState>(stream, AsOf.Time(time), Ct);
                Assert.Equal((Replayed(version), version), (loaded.State, loaded.Version));
                Assert.Equal((version / 100 * 100, version % 100), (loaded.SnapshotVersion, loaded.EventsRead));
            }
        }
    }

    [Fact, Behaviour(25)]
    public async Task Two_hundred_and_fifty_updates_leave_snapshots_at_100_and_200_and_every_load_reads_at_most_ninety_nine_events()
    {
        await using var store = await NewStore();
        var tallies = new AggregateRepository<Tally>(store.Store, DefaultModel);
        using var context = new OperationContext(Acme, EventMetadata.Empty).Begin();
        var tally = new Tally(Guid.CreateVersion7());
        tally.Count(1);
        await tallies.Save(tally, Ct);
        for (var version = 2; version <= 250; version++)
        {
            await tallies.Update(tally.Id, t => t.Count(t.Version + 1), ct: Ct);
            if (version % 100 == 0)
            {
                await store.Store.DrainSnapshots(Ct);
            }

            var loaded = await store.Store.Load<TallyState>(new(Acme, "tally", tally.Id), ct: Ct);
            Assert.True(loaded.EventsRead <= 99, $"{loaded.EventsRead} events at version {version}");
        }

        Assert.Equal([100, 200], await Snapshots(store, new(Acme, "tally", tally.Id)));
        Assert.Equal(Replayed(250), (await tallies.Load(tally.Id, ct: Ct)).State);
    }

    [Fact, Behaviour(29)]
    public async Task A_snapshot_that_fails_fails_no_command_and_is_warned_of()
    {
        var logs = new CollectedLogs();
        await using var store = await NewStore(new() { Loggers = logs });
        var stream = NewTally();
        await RefuseSnapshots(store);

        Assert.Equal(300, (await store.Append(stream, ExpectedVersion.None, Counts(1, 300), Ct)).Version);
        await store.Store.DrainSnapshots(Ct);
        Assert.Equal(301, (await store.Append(stream, ExpectedVersion.Exactly(300), Counts(301, 301), Ct)).Version);
        var loaded = await store.Store.Load<TallyState>(stream, ct: Ct);

        Assert.Equal((Replayed(301), 0, 301), (loaded.State, loaded.SnapshotVersion, loaded.EventsRead));
        Assert.NotEmpty(logs.Warnings);
    }

    [Fact, Behaviour(29)]
    public async Task An_append_does_not_wait_for_a_snapshot_that_cannot_be_written_now()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await using var foreign = await store.BeginAppend(Ct);
        await foreign.Execute("lock table eventstore.snapshots_tally_pool_0 in share row exclusive mode", Ct);

        await store.Append(stream, ExpectedVersion.None, Counts(1, 100), Ct);
        await store.UntilBlocked(1, Ct);
        await store.Append(stream, ExpectedVersion.Exactly(100), Counts(101, 150), Ct);
        Assert.Equal(Replayed(150), (await store.Store.Load<TallyState>(stream, ct: Ct)).State);
        await foreign.Commit(Ct);
        await store.Store.DrainSnapshots(Ct);

        Assert.Equal([100], await Snapshots(store, stream));
    }

    [Fact, Behaviour(29)]
    public async Task A_state_over_the_limit_gets_no_snapshot_and_is_replayed()
    {
        var logs = new CollectedLogs();
        await using var store = await NewStore(new() { Loggers = logs, Configure = options => options.MaxSnapshotBytes = 1024 });
        var stream = NewOrder();
        await store.Append(stream, ExpectedVersion.None, Enumerable.Range(0, 100).Select(_ => NewEvent.Of(new OrderRemarked(new('x', 1100)))), Ct);
        await store.Store.DrainSnapshots(Ct);

        Assert.Empty(await Snapshots(store, stream));
        Assert.Equal(100, (await store.Store.Load<OrderState>(stream, ct: Ct)).State.Events);
        Assert.NotEmpty(logs.Warnings);
    }

    private static TallyState Replayed(int version) =>
        Enumerable.Range(1, version).Aggregate(TallyState.Initial, (state, number) => state.Apply(new Counted(number)));

    private Task<List<long>> Snapshots(ConformanceStore store, StreamId stream) =>
        store.Column<long>($"select version from eventstore.snapshots where aggregate_id = '{stream.AggregateId}' order by version", Ct);

    private async Task RefuseSnapshots(ConformanceStore store)
    {
        await store.Execute("create function refuse() returns trigger language plpgsql as 'begin raise ''no snapshots today''; end'", Ct);
        await store.Execute("create trigger refuse before insert on eventstore.snapshots_tally_pool_0 for each row execute function refuse()", Ct);
    }
}
