using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>A snapshot is a shortcut, never the truth: one that does not fit is passed over.</summary>
public abstract class SnapshotShapeConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(28)]
    public async Task A_snapshot_of_another_shape_is_ignored_and_written_anew()
    {
        await using var store = await NewStore();
        var stream = await Snapshotted(store);
        var next = store.AnotherHost(new() { Model = ModelWith(typeof(WiderTally)) });

        await LoadsBy<WiderTallyState>(next, stream, snapshot: 0, events: 250);
        await next.Store.DrainSnapshots(Ct);

        await LoadsBy<WiderTallyState>(next, stream, snapshot: 200, events: 50);
        Assert.Equal(250, (await next.Store.Load<WiderTallyState>(stream, ct: Ct)).State.Highest);
        Assert.Equal([100, 200], await store.Column<long>("select version from eventstore.snapshots order by version", Ct));
    }

    [Fact, Behaviour(28)]
    public async Task A_snapshot_of_another_schema_number_is_ignored_and_written_anew()
    {
        await using var store = await NewStore();
        var stream = await Snapshotted(store);
        var next = store.AnotherHost(new() { Model = ModelWith(typeof(RenumberedTally)) });

        await LoadsBy<TallyState>(next, stream, snapshot: 0, events: 250);
        await next.Store.DrainSnapshots(Ct);

        await LoadsBy<TallyState>(next, stream, snapshot: 200, events: 50);
        Assert.Equal([2, 2], await store.Column<int>("select schema_number from eventstore.snapshots", Ct));
    }

    [Theory, Behaviour(28)]
    [InlineData("""{"events": "many"}""")]
    [InlineData("""{}""")]
    [InlineData("""null""")]
    [InlineData("""[1, 2]""")]
    [InlineData("""{"events": 200, "sum": 20100, "digest": 1e300}""")]
    public async Task A_corrupt_snapshot_is_replayed_over_with_a_warning_and_written_anew(string state)
    {
        var logs = new CollectedLogs();
        await using var store = await NewStore(new() { Loggers = logs });
        var stream = await Snapshotted(store);
        await store.Execute($"update eventstore.snapshots set state = '{state}' where version = 200", Ct);

        await LoadsBy<TallyState>(store, stream, snapshot: 100, events: 150);
        Assert.NotEmpty(logs.Warnings);
        await store.Store.DrainSnapshots(Ct);

        await LoadsBy<TallyState>(store, stream, snapshot: 200, events: 50);
    }

    [Fact, Behaviour(28)]
    public async Task A_stream_whose_snapshots_are_all_corrupt_or_gone_is_replayed()
    {
        await using var store = await NewStore();
        var stream = await Snapshotted(store);

        await store.Execute("""update eventstore.snapshots set state = '"gone"'""", Ct);
        await LoadsBy<TallyState>(store, stream, snapshot: 0, events: 250);
        await store.Store.DrainSnapshots(Ct);
        await LoadsBy<TallyState>(store, stream, snapshot: 200, events: 50);

        await store.Execute("delete from eventstore.snapshots", Ct);
        await LoadsBy<TallyState>(store, stream, snapshot: 0, events: 250);
        await store.Store.DrainSnapshots(Ct);
        Assert.Equal([100, 200], await store.Column<long>("select version from eventstore.snapshots order by version", Ct));
    }

    private static DomainModel ModelWith(Type aggregate) => new DomainModelBuilder().AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(aggregate).Build();

    private async Task<StreamId> Snapshotted(ConformanceStore store)
    {
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 250), Ct);
        await store.Store.DrainSnapshots(Ct);
        await LoadsBy<TallyState>(store, stream, snapshot: 200, events: 50);
        return stream;
    }

    private async Task LoadsBy<TState>(ConformanceStore store, StreamId stream, long snapshot, int events) where TState : class, IState<TState>
    {
        var loaded = await store.Store.Load<TState>(stream, ct: Ct);
        Assert.Equal((snapshot, events), (loaded.SnapshotVersion, loaded.EventsRead));
        Assert.Equal(Enumerable.Range(1, 250).Aggregate(TState.Initial, (state, number) => state.Apply(new Counted(number))), loaded.State);
    }

    /// <summary>The state of a later build, which remembers more.</summary>
    public sealed record WiderTallyState(int Events, long Highest) : IState<WiderTallyState>
    {
        public static WiderTallyState Initial { get; } = new(0, 0);

        public WiderTallyState Apply(object @event) => @event is Counted e ? new(Events + 1, Math.Max(Highest, e.Number)) : this with { Events = Events + 1 };
    }

    [AggregateType("tally")]
    public sealed class WiderTally(Guid id) : Aggregate<WiderTallyState>(id);

    /// <summary>The same state, whose folds mean something else in a later build.</summary>
    [AggregateType("tally", SnapshotSchema = 2)]
    public sealed class RenumberedTally(Guid id) : Aggregate<TallyState>(id);
}
