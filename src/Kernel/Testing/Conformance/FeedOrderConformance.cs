using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>A reader that has passed a position never finds an event below it, and nobody who appends nothing holds it up.</summary>
public abstract class FeedOrderConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(19)]
    public async Task An_event_is_not_read_before_one_at_a_lower_position_that_commits_later()
    {
        await using var store = await NewStore();
        await using var slow = await store.BeginAppend(Ct);
        var low = await slow.Insert(NewTally(), 1, new(1), Ct);
        var high = await store.Append(NewTally(Globex), ExpectedVersion.None, Counts(2, 3), Ct);
        Assert.True(high.Position > low);

        Assert.Empty(await store.ReadFeed(new(), Ct));
        Assert.True(store.Store.Feed.Watermark < low);
        Assert.Equal(slow.ProcessId, store.Store.Feed.Hold?.ProcessId);
        await slow.Commit(Ct);

        Assert.Equal([low, high.Position - 1, high.Position], await store.FeedPositions(Ct));
        Assert.Null(store.Store.Feed.Hold);
    }

    [Fact, Behaviour(19)]
    public async Task What_was_committed_before_a_slow_append_began_is_read_meanwhile()
    {
        await using var store = await NewStore();
        var before = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 2), Ct);
        Assert.Equal(2, (await store.FeedPositions(Ct)).Count);
        await using var slow = await store.BeginAppend(Ct);
        await slow.Insert(NewTally(), 1, new(3), Ct);

        Assert.Equal([before.Position - 1, before.Position], await store.FeedPositions(Ct));
    }

    [Fact, Behaviour(19)]
    public async Task An_append_that_has_not_drawn_its_position_yet_draws_it_above_what_was_read()
    {
        await using var store = await NewStore();
        await using var slow = await store.BeginAppend(Ct);
        await slow.TakeFence(Ct);
        var first = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        var read = await store.FeedPositions(Ct);
        var late = await slow.Insert(NewTally(), 1, new(2), Ct);
        await slow.Commit(Ct);

        Assert.All(read, position => Assert.True(position < late));
        Assert.Equal([first.Position, late], await store.FeedPositions(Ct));
    }

    [Fact, Behaviour(20)]
    public async Task A_slow_append_of_several_events_among_fast_ones_loses_none()
    {
        await using var store = await NewStore();
        await using var slow = await store.BeginAppend(Ct);
        var stream = NewTally();
        var positions = new List<long>();
        for (var version = 1; version <= 5; version++)
        {
            positions.Add(await slow.Insert(stream, version, new(version), Ct));
            positions.Add((await store.Append(NewTally(), ExpectedVersion.None, Counts(0, 0), Ct)).Position);
            Assert.Empty(await store.FeedPositions(Ct));
        }

        await slow.Commit(Ct);

        Assert.Equal(positions.Order(), positions);
        Assert.Equal(positions, await store.FeedPositions(Ct));
    }

    [Theory, Behaviour(20)]
    [InlineData(0, 1, 2)]
    [InlineData(0, 2, 1)]
    [InlineData(1, 0, 2)]
    [InlineData(1, 2, 0)]
    [InlineData(2, 0, 1)]
    [InlineData(2, 1, 0)]
    public async Task Several_slow_appends_that_end_in_any_order_lose_none_and_are_read_in_order(int first, int second, int third)
    {
        await using var store = await NewStore();
        OpenAppend[] slow = [await store.BeginAppend(Ct), await store.BeginAppend(Ct), await store.BeginAppend(Ct)];
        var committed = new List<long>[3];
        for (var writer = 0; writer < 3; writer++)
        {
            var stream = NewTally();
            committed[writer] = [await slow[writer].Insert(stream, 1, new(writer), Ct), await slow[writer].Insert(stream, 2, new(writer), Ct)];
            await store.FeedPositions(Ct);
        }

        var read = new List<long>();
        foreach (var writer in (int[])[first, second, third])
        {
            await slow[writer].Commit(Ct);
            await slow[writer].DisposeAsync();
            read.AddRange((await store.ReadFeed(new() { After = read.LastOrDefault() }, Ct)).Select(e => e.Position));
        }

        Assert.Equal(committed.SelectMany(positions => positions), read);
    }

    [Fact, Behaviour(20)]
    public async Task Appends_that_overlap_without_end_hold_the_feed_back_only_for_as_long_as_each_of_them_takes()
    {
        await using var store = await NewStore();
        var open = await store.BeginAppend(Ct);
        var positions = new List<long> { await open.Insert(NewTally(), 1, new(0), Ct) };
        await store.FeedPositions(Ct);
        for (var number = 1; number <= 20; number++)
        {
            var next = await store.BeginAppend(Ct);
            positions.Add(await next.Insert(NewTally(), 1, new(number), Ct));
            await store.FeedPositions(Ct);
            await open.Commit(Ct);
            await open.DisposeAsync();
            open = next;

            // All but the one that is still open: at no moment was the fence free.
            Assert.Equal(positions[..^1], await store.FeedPositions(Ct));
        }

        await open.DisposeAsync();
    }

    [Fact, Behaviour(21)]
    public async Task An_undone_append_leaves_a_gap_that_holds_nobody_up()
    {
        await using var store = await NewStore();
        await using var undone = await store.BeginAppend(Ct);
        var gap = await undone.Insert(NewTally(), 1, new(1), Ct);
        var behind = await store.Append(NewTally(), ExpectedVersion.None, Counts(2, 2), Ct);
        await undone.Rollback(Ct);

        Assert.Equal(gap + 1, behind.Position);
        Assert.Equal([behind.Position], await store.FeedPositions(Ct));
    }

    [Fact, Behaviour(21)]
    public async Task Thousands_of_undone_positions_and_a_leap_of_the_sequence_hold_nobody_up()
    {
        await using var store = await NewStore();
        var first = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        await store.Scalar<long>("select max(nextval('eventstore.position')) from generate_series(1, 5000)", Ct);
        var second = await store.Append(NewTally(), ExpectedVersion.None, Counts(2, 2), Ct);
        await store.Scalar<long>("select setval('eventstore.position', last_value + 30000000) from eventstore.position", Ct);
        var third = await store.Append(NewTally(), ExpectedVersion.None, Counts(3, 3), Ct);

        Assert.True(third.Position > 30_000_000);
        Assert.Equal([first.Position, second.Position, third.Position], await store.FeedPositions(Ct));
        Assert.Equal([third.Position], (await store.ReadFeed(new() { After = second.Position }, Ct)).Select(e => e.Position));
    }

    [Fact, Behaviour(21)]
    public async Task A_writer_that_dies_gives_the_feed_free()
    {
        await using var store = await NewStore();
        await using var dying = await store.BeginAppend(Ct);
        await dying.Insert(NewTally(), 1, new(1), Ct);
        var survivor = await store.Append(NewTally(), ExpectedVersion.None, Counts(2, 2), Ct);
        Assert.Empty(await store.FeedPositions(Ct));

        await store.Scalar<bool>($"select pg_terminate_backend({dying.ProcessId}, 10000)", Ct);

        Assert.Equal([survivor.Position], await store.FeedPositions(Ct));
    }

    [Fact, Behaviour(21)]
    public async Task A_long_transaction_that_appends_nothing_holds_nobody_up_in_this_database_or_another()
    {
        await using var store = await NewStore();
        await using var elsewhere = await NewDatabase();
        await using var here = await store.BeginAppend(Ct);
        await using var there = await OpenAppend.Begin(await elsewhere.DataSource.OpenConnectionAsync(Ct), Ct);
        foreach (var (transaction, name) in new[] { (here, "here"), (there, "there") })
        {
            // It has a snapshot and a transaction id, so it holds back the oldest of both.
            await transaction.Execute("set transaction isolation level repeatable read", Ct);
            await transaction.Execute($"create table {name} as select pg_current_xact_id()", Ct);
        }

        // The very key of the fence, in another database, and keys like it in this one.
        await there.TakeFence(Ct);
        await here.Execute("select pg_advisory_xact_lock_shared(7741001, 0), pg_advisory_xact_lock(7741000, 1), pg_advisory_xact_lock(33247346151063553)", Ct);
        var appended = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 2), Ct);

        Assert.Equal([appended.Position - 1, appended.Position], await store.FeedPositions(Ct));
        Assert.Null(store.Store.Feed.Hold);
    }

    [Fact, Behaviour(21)]
    public async Task A_reader_that_waits_is_woken_when_a_slow_append_ends()
    {
        await using var store = await NewStore();
        await using var slow = await store.BeginAppend(Ct);
        var position = await slow.Insert(NewTally(), 1, new(1), Ct);

        var wait = store.Store.Feed.WaitForWatermark(position - 1, Ct);
        await store.FeedPositions(Ct);
        Assert.False(wait.IsCompleted);
        await slow.Commit(Ct);

        Assert.Equal(position, await wait);
    }

    [Fact, Behaviour(22)]
    public async Task Events_of_a_stream_are_in_version_order_although_the_later_writer_began_first_and_wrote_elsewhere()
    {
        await using var store = await NewStore();
        await store.Execute("create table notes (note text)", Ct);
        var stream = NewTally();
        await using var early = await store.BeginAppend(Ct);
        await early.Execute("insert into notes values ('first of all, so this transaction is the older one')", Ct);

        await store.Append(stream, ExpectedVersion.None, Counts(1, 2), Ct);
        await early.Insert(stream, 3, new(3), Ct);
        await early.Commit(Ct);
        await store.Append(stream, ExpectedVersion.Exactly(3), Counts(4, 4), Ct);

        var feed = await store.ReadFeed(new(), Ct);
        Assert.Equal([1, 2, 3, 4], feed.Select(e => e.Version));
        Assert.Equal([1, 2, 3, 4], feed.Select(e => ((Counted)e.Event).Number));
    }

    [Fact, Behaviour(19, 20)]
    public async Task A_host_that_starts_in_the_middle_of_open_appends_reads_nothing_too_early()
    {
        await using var store = await NewStore();
        await using var slow = await store.BeginAppend(Ct);
        var low = await slow.Insert(NewTally(), 1, new(1), Ct);
        var high = await store.Append(NewTally(), ExpectedVersion.None, Counts(2, 2), Ct);
        var started = store.AnotherHost();

        Assert.Empty(await started.FeedPositions(Ct));
        await slow.Commit(Ct);
        Assert.Equal([low, high.Position], await started.FeedPositions(Ct));
    }

    [Fact, Behaviour(21, 23)]
    public async Task A_sequence_that_goes_back_takes_the_watermark_with_it()
    {
        await using var store = await NewStore();
        var first = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        var last = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 9), Ct);
        Assert.Equal(last.Position, await store.Store.Feed.Refresh(Ct));

        // As after a switch to a server that has not received the last of it.
        await store.Scalar<long>($"select setval('eventstore.position', {first.Position})", Ct);
        await using var slow = await store.BeginAppend(Ct);
        await slow.Insert(NewTally(), 1, new(1), Ct);

        Assert.True(await store.Store.Feed.Refresh(Ct) <= first.Position);
        await slow.Commit(Ct);
        Assert.Equal(first.Position + 1, await store.Store.Feed.Refresh(Ct));
    }
}
