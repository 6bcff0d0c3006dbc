using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What holds the feed back is named, and what should not disturb it does not.</summary>
public abstract class FeedHoldConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(21)]
    public async Task An_append_that_holds_the_feed_back_for_long_is_warned_of_once_by_its_process()
    {
        var logs = new CollectedLogs();
        await using var store = await NewStore(new() { Loggers = logs, Configure = options => options.FeedHoldWarning = TimeSpan.FromMilliseconds(1) });
        for (var round = 1; round <= 2; round++)
        {
            await using var slow = await store.BeginAppend(Ct);
            var position = await slow.Insert(NewTally(), 1, new(1), Ct);
            while (logs.Warnings.Count < round)
            {
                Assert.True(await store.Store.Feed.Refresh(Ct) < position);
            }

            await store.Store.Feed.Refresh(Ct);
            Assert.Equal(round, logs.Warnings.Count);
            Assert.Contains($"process {slow.ProcessId} ", logs.Warnings.Last(), StringComparison.Ordinal);
            await slow.Commit(Ct);
            Assert.Equal(position, await store.Store.Feed.Refresh(Ct));
        }
    }

    [Fact, Behaviour(21)]
    public async Task Each_of_several_appends_that_hold_the_feed_back_together_is_named()
    {
        var logs = new CollectedLogs();
        await using var store = await NewStore(new() { Loggers = logs, Configure = options => options.FeedHoldWarning = TimeSpan.FromMilliseconds(1) });
        await using var first = await store.BeginAppend(Ct);
        await using var second = await store.BeginAppend(Ct);
        await first.Insert(NewTally(), 1, new(1), Ct);
        await second.Insert(NewTally(), 1, new(2), Ct);
        while (logs.Warnings.Count < 2)
        {
            await store.Store.Feed.Refresh(Ct);
        }

        await first.Commit(Ct);
        await store.Store.Feed.Refresh(Ct);
        Assert.Equal(2, logs.Warnings.Count);
        Assert.Equal(second.ProcessId, store.Store.Feed.Hold?.ProcessId);
        Assert.All([first, second], slow => Assert.Single(logs.Warnings, warning => warning.Contains($"process {slow.ProcessId} ", StringComparison.Ordinal)));
    }

    [Fact, Behaviour(21)]
    public async Task A_feed_that_is_held_back_for_less_is_not_warned_of()
    {
        var logs = new CollectedLogs();
        await using var store = await NewStore(new() { Loggers = logs, Configure = options => options.FeedHoldWarning = TimeSpan.FromHours(1) });
        await using var slow = await store.BeginAppend(Ct);
        await slow.Insert(NewTally(), 1, new(1), Ct);
        for (var step = 0; step < 20; step++)
        {
            await store.Store.Feed.Refresh(Ct);
        }

        Assert.NotNull(store.Store.Feed.Hold);
        Assert.Empty(logs.Warnings);
    }

    [Fact, Behaviour(19, 21)]
    public async Task A_clock_that_jumps_back_and_forth_by_an_hour_disturbs_neither_feed_nor_watermark()
    {
        var clock = new SetClock();
        await using var store = await NewStore(new() { Time = clock });
        var stream = NewTally();
        var (expected, times) = (new List<long>(), new List<DateTimeOffset>());
        for (var round = 0; round < 24; round++)
        {
            clock.Advance(TimeSpan.FromHours(round % 2 == 0 ? 1 : -1));
            await using var slow = await store.BeginAppend(Ct);
            var low = await slow.Insert(NewTally(), 1, new(round), Ct);
            var wait = store.Store.Feed.WaitForWatermark(low - 1, Ct);
            var high = await store.Append(stream, ExpectedVersion.Exactly(round), Counts(round, round), Ct);
            Assert.Equal(expected, await store.FeedPositions(Ct));
            clock.Advance(TimeSpan.FromHours(round % 3 == 0 ? 1 : -1));
            Assert.True(store.Store.Feed.Hold?.For is { } held && held >= TimeSpan.Zero && held < TimeSpan.FromMinutes(30));
            await slow.Commit(Ct);

            Assert.True(await wait >= low);
            expected.AddRange([low, high.Position]);
            Assert.Equal(expected, await store.FeedPositions(Ct));
        }

        // Within a stream time never runs backward, so a time is always a prefix of it.
        var events = await store.Read(stream, StreamRange.All, Ct);
        Assert.Equal(events.Select(e => e.RecordedAt).Order(), events.Select(e => e.RecordedAt));
        foreach (var time in events.Select(e => e.RecordedAt))
        {
            Assert.Equal(events.Count(e => e.RecordedAt <= time), (await store.Store.Load<TallyState>(stream, AsOf.Time(time), Ct)).Version);
        }
    }

    [Fact, Behaviour(19, 20, 21)]
    public async Task A_watermark_that_is_stopped_and_begun_anew_while_the_feed_is_live_and_held_passes_nothing_by()
    {
        await using var store = await NewStore();
        using var enough = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 2), Ct);
            }
        })).ToList();
        var (seen, after) = (new List<long>(), 0L);
        for (var restart = 0; restart < 12; restart++)
        {
            var host = store.AnotherHost();
            var slow = await store.BeginAppend(Ct);
            var low = await slow.Insert(NewTally(), 1, new(restart), Ct);

            // Held back: it does not get to the end before it is stopped.
            var beyond = host.Store.Feed.WaitForWatermark(low - 1, Ct);
            seen.AddRange(await Follow(host));
            Assert.False(beyond.IsCompleted);
            Assert.True(after < low);
            if (restart % 2 == 0)
            {
                await host.Store.DisposeAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => beyond);
                host = store.AnotherHost();
                seen.AddRange(await Follow(host));
                Assert.True(after < low);
            }

            await slow.Commit(Ct);
            await slow.DisposeAsync();
            await host.Store.Feed.WaitForWatermark(low - 1, Ct);
            seen.AddRange(await Follow(host));
            await host.Store.DisposeAsync();
        }

        await enough.CancelAsync();
        await Task.WhenAll(writers);
        seen.AddRange(await Follow(store));
        Assert.Equal(await store.Column<long>("select position from eventstore.events order by position", Ct), seen);

        async Task<List<long>> Follow(ConformanceStore host)
        {
            var page = (await host.ReadFeed(new() { After = after, Limit = int.MaxValue }, Ct)).ConvertAll(e => e.Position);
            after = page.Count == 0 ? after : page[^1];
            return page;
        }
    }

    [Fact, Behaviour(21)]
    public async Task Thousands_of_events_that_were_undone_hold_nobody_up_once_they_are()
    {
        await using var store = await NewStore();
        var first = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        Assert.Equal(first.Position, await store.Store.Feed.Refresh(Ct));
        await using var undone = await store.BeginAppend(Ct);
        await undone.Insert(NewTally(), 1, new(1), Ct);
        await undone.Execute(
            $"""
            insert into eventstore.events (
              position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
            )
            select
              nextval('eventstore.position'), n, now(), gen_random_uuid(), '{Guid.CreateVersion7()}', 1, 'tally', shard, tenant_id, 'tally.noted', '[]', '[]'
            from eventstore.tenants, generate_series(1, 5000) as n
            where tenant_id = '{Acme}'
            """,
            Ct);
        var second = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        Assert.Equal(first.Position + 5002, second.Position);
        Assert.Equal([first.Position], await store.FeedPositions(Ct));
        await undone.Rollback(Ct);

        Assert.Equal([first.Position, second.Position], await store.FeedPositions(Ct));
        Assert.Equal(second.Position, await store.Store.Feed.Refresh(Ct));
    }
}
