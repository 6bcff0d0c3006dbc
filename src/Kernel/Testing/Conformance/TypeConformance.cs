using System.Text.Json.Nodes;
using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What an older build has stored, this one reads; what no build knows is said clearly.</summary>
public abstract class TypeConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private static readonly DomainModel NewBuild = new DomainModelBuilder()
        .AddEvent(typeof(Counted)).AddEvent(typeof(New.Scored)).AddEvent(typeof(New.Rated)).AddAggregate(typeof(New.Tally))
        .Add(new New.ScoredIsANumber()).Add(new New.ScoredHasAUnit()).Add(new New.TransferredIsTwoCounts()).Add(new New.PingedIsNothing())
        .Build();

    private static readonly DomainModel OldBuild = new DomainModelBuilder()
        .AddEvent(typeof(Counted)).AddEvent(typeof(Old.Scored)).AddEvent(typeof(Old.Graded)).AddEvent(typeof(Old.Transferred)).AddEvent(typeof(Old.Pinged))
        .AddAggregate(typeof(Old.Tally))
        .Build();

    [Fact, Behaviour(44)]
    public async Task An_old_version_loads_through_all_its_upcasters_in_turn()
    {
        var (store, next) = await Builds();
        await using var _ = store;
        var stream = await Stored(store, new Old.Scored("7"));
        await next.Append(stream, ExpectedVersion.Exactly(1), [NewEvent.Of(new New.Scored(8, "goals"))], Ct);

        var read = await next.Read(stream, StreamRange.All, Ct);

        Assert.Equal([new New.Scored(7, "points"), new New.Scored(8, "goals")], read.Select(e => e.Event));
        Assert.Equal([1, 3], read.Select(e => (int)e.EventVersion));
        Assert.Equal("scored 7 points;scored 8 goals;", (await next.Store.Load<New.State>(stream, ct: Ct)).State.Story);
        Assert.Equal([new New.Scored(7, "points"), new New.Scored(8, "goals")], (await next.ReadFeed(new(), Ct)).Select(e => e.Event));
    }

    [Fact, Behaviour(44)]
    public async Task One_stored_event_may_read_as_several_or_as_none_and_versions_stay_as_stored()
    {
        var (store, next) = await Builds();
        await using var _ = store;
        var stream = await Stored(store, new Counted(1), new Old.Transferred(5, 6), new Old.Pinged(), new Counted(2));

        var read = await next.Read(stream, StreamRange.All, Ct);
        var backward = await next.Read(stream, new() { Backward = true }, Ct);

        Assert.Equal([new Counted(1), new Counted(5), new Counted(6), new Counted(2)], read.Select(e => e.Event));
        Assert.Equal([1, 2, 2, 4], read.Select(e => e.Version));
        Assert.Equal(read.AsEnumerable().Reverse(), backward);
        var loaded = await next.Store.Load<New.State>(stream, ct: Ct);
        Assert.Equal(("counted 1;counted 5;counted 6;counted 2;", 4, 4), (loaded.State.Story, loaded.Version, loaded.EventsRead));
        Assert.Equal(5, (await next.Append(stream, ExpectedVersion.Exactly(4), Counts(3, 3), Ct)).Version);
        Assert.Equal([1, 2, 3, 4, 5], await store.Versions(stream, Ct));
    }

    [Fact, Behaviour(44)]
    public async Task A_limit_counts_events_as_they_are_stored()
    {
        var (store, next) = await Builds();
        await using var _ = store;
        var stream = await Stored(store, new Old.Transferred(1, 2), new Old.Pinged(), new Old.Transferred(3, 4), new Counted(5));

        Assert.Equal([1, 1], (await next.Read(stream, new() { Limit = 2 }, Ct)).Select(e => e.Version));
        Assert.Equal([4, 3, 3], (await next.Read(stream, new() { Limit = 2, Backward = true }, Ct)).Select(e => e.Version));
    }

    [Fact, Behaviour(44)]
    public async Task A_renamed_event_reads_under_its_alias()
    {
        var (store, next) = await Builds();
        await using var _ = store;
        var stream = await Stored(store, new Old.Graded("good"));
        await next.Append(stream, ExpectedVersion.Exactly(1), [NewEvent.Of(new New.Rated("better"))], Ct);

        var read = await next.Read(stream, StreamRange.All, Ct);

        Assert.Equal([new New.Rated("good"), new New.Rated("better")], read.Select(e => e.Event));
        Assert.Equal(["tally.graded", "tally.rated"], read.Select(e => e.EventType));
    }

    [Theory, Behaviour(25, 26, 44)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_snapshot_is_written_at_its_multiple_although_that_event_reads_as_several_or_as_none(bool several)
    {
        var (store, next) = await Builds();
        await using var _ = store;
        var stream = await Stored(
            store, [.. Enumerable.Range(1, 99).Select(n => new Counted(n)), several ? new Old.Transferred(1, 2) : new Old.Pinged(), new Counted(3)]);

        var replayed = await next.Store.Load<New.State>(stream, ct: Ct);
        await next.Store.DrainSnapshots(Ct);
        var loaded = await next.Store.Load<New.State>(stream, ct: Ct);

        Assert.Equal((101, 0, 101), (replayed.Version, replayed.SnapshotVersion, replayed.EventsRead));
        Assert.Equal((101, 100, 1), (loaded.Version, loaded.SnapshotVersion, loaded.EventsRead));
        Assert.Equal(replayed.State, loaded.State);
        Assert.Equal(replayed.State.Story[..^"counted 3;".Length], (await next.Store.Load<New.State>(stream, AsOf.Version(100), Ct)).State.Story);
    }

    [Fact, Behaviour(44)]
    public async Task An_unknown_stored_type_is_an_error_that_names_it_its_stream_and_its_version()
    {
        var (store, next) = await Builds();
        await using var _ = store;
        var stream = await Stored(next, new Counted(1), new New.Rated("good"));

        foreach (var read in (Func<Task>[])
            [
                () => store.Store.Load<Old.State>(stream, ct: Ct),
                () => store.Read(stream, StreamRange.All, Ct).AsTask(),
                () => store.ReadFeed(new(), Ct).AsTask(),
            ])
        {
            var unknown = await Assert.ThrowsAsync<UnknownEventTypeException>(read);
            Assert.Equal(("tally.rated", stream, 2), (unknown.EventType, unknown.Stream, unknown.Version));
            Assert.Equal(("unknown_event_type", false), (unknown.Code, unknown.IsTransient));
            Assert.Contains("tally.rated", unknown.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, (await store.Store.Load<Old.State>(stream, AsOf.Version(1), Ct)).Version);
    }

    [Fact, Behaviour(44)]
    public async Task A_stored_event_that_does_not_fit_its_type_or_is_newer_than_it_is_an_error_that_names_it()
    {
        var (store, next) = await Builds();
        await using var _ = store;
        var newer = await Stored(next, new New.Scored(1, "goals"));
        var broken = NewTally();
        await store.Execute(
            $$"""
            insert into eventstore.events (
              position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
            )
            select
              nextval('eventstore.position'), 1, now(), gen_random_uuid(), '{{broken.AggregateId}}', 1, 'tally', shard, tenant_id, 'tally.counted',
              '{"number": "many"}', '{}'
            from eventstore.tenants
            where tenant_id = 'acme'
            """,
            Ct);

        foreach (var (stream, type) in (List<(StreamId, string)>)[(newer, "tally.scored"), (broken, "tally.counted")])
        {
            var unreadable = await Assert.ThrowsAsync<UnreadableEventException>(() => store.Store.Load<Old.State>(stream, ct: Ct));
            Assert.Equal((type, stream, 1), (unreadable.EventType, unreadable.Stream, unreadable.Version));
            Assert.Equal(("unreadable_event", false), (unreadable.Code, unreadable.IsTransient));
        }
    }

    [Fact, Behaviour(44)]
    public async Task What_is_not_registered_is_refused_before_anything_is_sent()
    {
        await using var store = await NewStore();

        await Assert.ThrowsAsync<InvalidModelException>(() => store.Append(NewTally(), ExpectedVersion.Any, [NewEvent.Of(new New.Rated("?"))], Ct));
        await Assert.ThrowsAsync<InvalidModelException>(() => store.Append(NewTally() with { AggregateType = "nothing" }, ExpectedVersion.Any, Counts(1, 1), Ct));
        await Assert.ThrowsAsync<InvalidModelException>(() => store.Read(NewTally() with { AggregateType = "x; drop" }, StreamRange.All, Ct).AsTask());
        await Assert.ThrowsAsync<InvalidModelException>(() => store.ReadFeed(new() { AggregateTypes = ["x'); drop"] }, Ct).AsTask());
        await Assert.ThrowsAsync<InvalidModelException>(() => store.Store.Load<OrderState>(NewTally(), ct: Ct));
    }

    private async Task<(ConformanceStore Old, ConformanceStore New)> Builds()
    {
        var old = await NewStore(new() { Model = OldBuild });
        return (old, old.AnotherHost(new() { Model = NewBuild }));
    }

    private async Task<StreamId> Stored(ConformanceStore store, params object[] events)
    {
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, events.Select(NewEvent.Of), Ct);
        return stream;
    }

    /// <summary>What was stored once.</summary>
    public static class Old
    {
        [EventType("tally.scored")]
        public sealed record Scored(string Points);

        [EventType("tally.graded")]
        public sealed record Graded(string Grade);

        [EventType("tally.transferred")]
        public sealed record Transferred(long Out, long In);

        [EventType("tally.pinged")]
        public sealed record Pinged;

        public sealed record State(int Events) : IState<State>
        {
            public static State Initial { get; } = new(0);

            public State Apply(object @event) => new(Events + 1);
        }

        [AggregateType("tally")]
        public sealed class Tally(Guid id) : Aggregate<State>(id);
    }

    /// <summary>What is read now.</summary>
    public static class New
    {
        [EventType("tally.scored", Version = 3)]
        public sealed record Scored(long Points, string Unit);

        [EventType("tally.rated", Aliases = ["tally.graded"])]
        public sealed record Rated(string Grade);

        public sealed record State(string Story) : IState<State>
        {
            public static State Initial { get; } = new("");

            public State Apply(object @event) => @event switch
            {
                Counted e => new($"{Story}counted {e.Number};"),
                Scored e => new($"{Story}scored {e.Points} {e.Unit};"),
                Rated e => new($"{Story}rated {e.Grade};"),
                _ => throw new UnknownEventException(@event),
            };
        }

        [AggregateType("tally")]
        public sealed class Tally(Guid id) : Aggregate<State>(id);

        public sealed class ScoredIsANumber() : Upcaster("tally.scored", 1)
        {
            public override IEnumerable<Upcast> Up(JsonObject data)
            {
                yield return Next(new() { ["points"] = long.Parse((string)data["points"]!, provider: null) });
            }
        }

        public sealed class ScoredHasAUnit() : Upcaster("tally.scored", 2)
        {
            public override IEnumerable<Upcast> Up(JsonObject data)
            {
                data["unit"] = "points";
                yield return Next(data);
            }
        }

        public sealed class TransferredIsTwoCounts() : Upcaster("tally.transferred", 1)
        {
            public override IEnumerable<Upcast> Up(JsonObject data) =>
                [new("tally.counted", 1, new() { ["number"] = (long)data["out"]! }), new("tally.counted", 1, new() { ["number"] = (long)data["in"]! })];
        }

        public sealed class PingedIsNothing() : Upcaster("tally.pinged", 1)
        {
            public override IEnumerable<Upcast> Up(JsonObject data) => [];
        }
    }
}
