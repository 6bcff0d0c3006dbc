using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Which snapshots stay. Those that go cost a longer replay and nothing else.</summary>
public abstract class SnapshotRetentionConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const int Every = 5;

    [Theory, Behaviour(25, 26, 27)]
    [InlineData(typeof(KeepsAll), 1)]
    [InlineData(typeof(KeepsAll), 62)]
    [InlineData(typeof(KeepsNewestThree), 1)]
    [InlineData(typeof(KeepsNewestThree), 62)]
    [InlineData(typeof(KeepsEveryFourth), 1)]
    [InlineData(typeof(KeepsEveryFourth), 62)]
    [InlineData(typeof(KeepsNewestTwoAndEveryFourth), 1)]
    [InlineData(typeof(KeepsNewestTwoAndEveryFourth), 62)]
    public async Task What_a_type_keeps_stays_and_the_state_at_any_version_is_right(Type type, int batch)
    {
        await using var store = await NewStore(new() { Model = ModelWith(type) });
        var stream = NewTally();
        for (var version = 0; version < 62; version += batch)
        {
            await store.Append(stream, ExpectedVersion.Exactly(version), Counts(version + 1, version + batch), Ct);
            await store.Store.DrainSnapshots(Ct);
        }

        var kept = Kept[type.Name];
        Assert.Equal(kept, await Snapshots(store, stream));
        for (var version = 1; version <= 62; version++)
        {
            var loaded = await store.Store.Load<TallyState>(stream, AsOf.Version(version), Ct);
            Assert.Equal(Replayed(version), loaded.State);
            Assert.Equal((version, kept.LastOrDefault(snapshot => snapshot <= version)), (loaded.Version, loaded.SnapshotVersion));
        }

        Assert.Equal(60, (await store.Store.Load<TallyState>(stream, ct: Ct)).SnapshotVersion);
    }

    [Fact, Behaviour(27)]
    public async Task The_state_as_of_a_time_is_right_although_the_snapshot_of_then_is_gone()
    {
        var clock = new SetClock();
        await using var store = await NewStore(new() { Model = ModelWith(typeof(KeepsNewestThree)), Time = clock });
        var stream = NewTally();
        var times = new List<DateTimeOffset>();
        for (var version = 0; version < 62; version++)
        {
            times.Add(clock.Now);
            await store.Append(stream, ExpectedVersion.Exactly(version), Counts(version + 1, version + 1), Ct);
            await store.Store.DrainSnapshots(Ct);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        for (var version = 1; version <= 62; version++)
        {
            var loaded = await store.Store.Load<TallyState>(stream, AsOf.Time(times[version - 1]), Ct);
            Assert.Equal((version, Replayed(version)), (loaded.Version, loaded.State));
        }
    }

    [Fact, Behaviour(25)]
    public async Task A_type_that_comes_to_keep_fewer_gives_up_the_others_with_its_next_snapshot_stream_by_stream()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(KeepsAll)) });
        var (stream, untouched) = (NewTally(), NewTally());
        await store.Append(stream, ExpectedVersion.None, Counts(1, 5504), Ct);
        await store.Append(untouched, ExpectedVersion.None, Counts(1, 50), Ct);
        await store.Store.DrainSnapshots(Ct);
        Assert.Equal(1100, (await Snapshots(store, stream)).Count);

        var next = store.AnotherHost(new() { Model = ModelWith(typeof(KeepsNewestThree)) });
        await next.Append(stream, ExpectedVersion.Exactly(5504), Counts(5505, 5505), Ct);
        await next.Store.DrainSnapshots(Ct);

        Assert.Equal([5495, 5500, 5505], await Snapshots(store, stream));
        Assert.Equal(10, (await Snapshots(store, untouched)).Count);
    }

    [Fact, Behaviour(28)]
    public async Task Hosts_of_two_builds_leave_each_other_the_newest_snapshot_that_each_can_use()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(KeepsNewestOne)) });
        var next = store.AnotherHost(new() { Model = ModelWith(typeof(KeepsNewestOneOfAnotherSchema)) });
        var stream = NewTally();
        for (var version = 0; version < 40; version += 5)
        {
            var host = version % 10 == 0 ? store : next;
            await host.Append(stream, ExpectedVersion.Exactly(version), Counts(version + 1, version + 5), Ct);
            await host.Store.DrainSnapshots(Ct);
        }

        Assert.Equal([35, 40], await Snapshots(store, stream));
        Assert.Equal(40, (await next.Store.Load<TallyState>(stream, ct: Ct)).SnapshotVersion);
        // Last, because this load misses a snapshot of its own build at 40 and asks for one there.
        Assert.Equal(35, (await store.Store.Load<TallyState>(stream, ct: Ct)).SnapshotVersion);
    }

    [Fact, Behaviour(28)]
    public async Task Snapshots_of_a_former_shape_go_once_there_are_newer_ones_of_the_present_one_except_the_newest()
    {
        await using var store = await NewStore(new() { Model = ModelWith(typeof(KeepsAll)) });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 63), Ct);
        await store.Store.DrainSnapshots(Ct);

        var next = store.AnotherHost(new() { Model = ModelWith(typeof(KeepsNewestOneOfAnotherSchema)) });
        await next.Append(stream, ExpectedVersion.Exactly(63), Counts(64, 65), Ct);
        await next.Store.DrainSnapshots(Ct);

        Assert.Equal(
            ["60 of 1", "65 of 2"],
            await store.Column<string>("select version || ' of ' || schema_number from eventstore.snapshots order by version", Ct));
    }

    [Fact, Behaviour(29)]
    public async Task A_snapshot_that_cannot_be_removed_fails_no_command_and_is_removed_later()
    {
        var logs = new CollectedLogs();
        await using var store = await NewStore(new() { Model = ModelWith(typeof(KeepsNewestOne)), Loggers = logs });
        var stream = NewTally();
        await store.Execute("create function refuse() returns trigger language plpgsql as 'begin raise ''not today''; end'", Ct);
        await store.Execute("create trigger refuse before delete on eventstore.snapshots_tally_pool_0 for each row execute function refuse()", Ct);
        for (var version = 0; version < 15; version += 5)
        {
            await store.Append(stream, ExpectedVersion.Exactly(version), Counts(version + 1, version + 5), Ct);
            await store.Store.DrainSnapshots(Ct);
        }

        Assert.Equal([5, 10, 15], await Snapshots(store, stream));
        Assert.NotEmpty(logs.Warnings);
        await store.Execute("drop trigger refuse on eventstore.snapshots_tally_pool_0", Ct);
        await store.Append(stream, ExpectedVersion.Exactly(15), Counts(16, 20), Ct);
        await store.Store.DrainSnapshots(Ct);

        Assert.Equal([20], await Snapshots(store, stream));
    }

    // Of 5, 10, … 60: the newest, and the last of each 20 events.
    private static Dictionary<string, long[]> Kept { get; } = new(StringComparer.Ordinal)
    {
        [nameof(KeepsAll)] = [.. Enumerable.Range(1, 12).Select(n => (long)n * Every)],
        [nameof(KeepsNewestThree)] = [50, 55, 60],
        [nameof(KeepsEveryFourth)] = [20, 40, 60],
        [nameof(KeepsNewestTwoAndEveryFourth)] = [20, 40, 55, 60],
    };

    private static DomainModel ModelWith(Type aggregate) => new DomainModelBuilder().AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(aggregate).Build();

    private static TallyState Replayed(int version) =>
        Enumerable.Range(1, version).Aggregate(TallyState.Initial, (state, number) => state.Apply(new Counted(number)));

    private Task<List<long>> Snapshots(ConformanceStore store, StreamId stream) =>
        store.Column<long>($"select version from eventstore.snapshots where aggregate_id = '{stream.AggregateId}' order by version", Ct);

    [AggregateType("tally", SnapshotEvery = Every)]
    private sealed class KeepsAll(Guid id) : Aggregate<TallyState>(id);

    [AggregateType("tally", SnapshotEvery = Every, SnapshotsKept = 1)]
    private sealed class KeepsNewestOne(Guid id) : Aggregate<TallyState>(id);

    [AggregateType("tally", SnapshotEvery = Every, SnapshotsKept = 1, SnapshotSchema = 2)]
    private sealed class KeepsNewestOneOfAnotherSchema(Guid id) : Aggregate<TallyState>(id);

    [AggregateType("tally", SnapshotEvery = Every, SnapshotsKept = 3)]
    private sealed class KeepsNewestThree(Guid id) : Aggregate<TallyState>(id);

    [AggregateType("tally", SnapshotEvery = Every, SnapshotKeptEvery = 4 * Every)]
    private sealed class KeepsEveryFourth(Guid id) : Aggregate<TallyState>(id);

    [AggregateType("tally", SnapshotEvery = Every, SnapshotsKept = 2, SnapshotKeptEvery = 4 * Every)]
    private sealed class KeepsNewestTwoAndEveryFourth(Guid id) : Aggregate<TallyState>(id);
}
