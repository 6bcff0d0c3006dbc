using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Appending;

/// <summary>An append to several streams of a tenant is stored in all of them or in none.</summary>
public sealed class AppendManyTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task Streams_of_several_types_are_appended_to_together_and_each_answers_in_its_place()
    {
        await using var store = await NewStore();
        var (tally, other, order) = (NewTally(), NewTally(), NewOrder());
        await store.Append(other, ExpectedVersion.None, Counts(1, 2), Ct);

        var results = await store.Store.AppendMany(
            [
                new(tally, ExpectedVersion.None, Counts(1, 3)) { Metadata = new() { UserId = "ann" } },
                new(order, ExpectedVersion.Any, [NewEvent.Of(new OrderRemarked("one"))]),
                new(other, ExpectedVersion.Exactly(2), Counts(3, 3)),
                new(NewTally(), ExpectedVersion.Exactly(7), []),
            ],
            Ct);

        Assert.Equal([3, 1, 3, 7], results.Select(result => result.Version));
        Assert.Equal(0, results[3].Position);
        foreach (var (stream, result) in new[] { tally, order, other }.Zip(results))
        {
            var stored = await store.Read(stream, StreamRange.All, Ct);
            Assert.Equal((result.Version, result.Position), (stored[^1].Version, stored[^1].Position));
        }

        Assert.Equal(["ann", "ann", "ann"], (await store.Read(tally, StreamRange.All, Ct)).Select(e => e.Metadata.UserId));
        Assert.Equal(7, (await store.FeedPositions(Ct)).Count);
    }

    [Fact]
    public async Task A_conflict_in_one_stream_names_it_and_writes_to_none()
    {
        await using var store = await NewStore();
        var streams = await Streams(store, 5);
        foreach (var ahead in streams)
        {
            var wrong = await Assert.ThrowsAsync<ConcurrencyException>(() => store.Store.AppendMany(
                [.. streams.Select(stream => Counting(stream, stream == ahead ? 0 : 1, 2))], Ct));
            Assert.Equal((ahead, 0, 1), (wrong.Stream, wrong.Expected.Value, wrong.Actual));
        }

        var missing = NewTally();
        var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => store.Store.AppendMany(
            [Counting(streams[0], 1, 2), new(missing, ExpectedVersion.Exists, Counts(1, 1)), Counting(streams[1], 1, 2)], Ct));
        Assert.Equal((missing, ExpectedVersion.Exists, 0), (conflict.Stream, conflict.Expected, conflict.Actual));
        Assert.Equal(5, await store.CountStored(Ct));
    }

    [Fact]
    public async Task A_conflict_that_shows_only_while_writing_names_the_stream_and_writes_to_none()
    {
        await using var store = await NewStore();
        var streams = await Streams(store, 4);
        await using var rival = await store.BeginAppend(Ct);
        await rival.Insert(streams[2], 2, new(100), Ct);

        var append = store.Store.AppendMany([.. streams.Select(stream => Counting(stream, 1, 2))], Ct);
        await store.UntilBlocked(1, Ct);
        await rival.Commit(Ct);

        var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => append);
        Assert.Equal((streams[2], 1, 2), (conflict.Stream, conflict.Expected.Value, conflict.Actual));
        Assert.Equal(5, await store.CountStored(Ct));
    }

    [Fact]
    public async Task Any_goes_behind_whoever_wrote_first()
    {
        await using var store = await NewStore();
        var streams = await Streams(store, 2);
        await using var rival = await store.BeginAppend(Ct);
        await rival.Insert(streams[1], 2, new(100), Ct);

        var append = store.Store.AppendMany([Counting(streams[0], 1, 2), new(streams[1], ExpectedVersion.Any, Counts(2, 3))], Ct);
        await store.UntilBlocked(1, Ct);
        await rival.Commit(Ct);

        Assert.Equal([2, 4], (await append).Select(result => result.Version));
        Assert.Equal([1, 100, 2, 3], await store.Numbers(streams[1], Ct));
    }

    [Fact]
    public async Task A_repeat_gives_the_same_answer_and_writes_nothing_although_one_of_its_requests_names_no_version()
    {
        await using var store = await NewStore();
        var streams = await Streams(store, 3);
        AppendRequest[] requests =
        [
            Counting(streams[0], 1, 2), new(streams[1], ExpectedVersion.Any, Counts(5, 6)), new(streams[2], ExpectedVersion.Exists, Counts(7, 7)),
        ];

        var first = await store.Store.AppendMany(requests, Ct);
        await store.Append(streams[1], ExpectedVersion.Any, Counts(8, 8), Ct);

        Assert.Equal(first, await store.Store.AppendMany(requests, Ct));
        Assert.Equal(8, await store.CountStored(Ct));
    }

    [Fact]
    public async Task Events_of_which_only_some_are_stored_are_a_conflict_and_not_a_repeat()
    {
        await using var store = await NewStore();
        var streams = await Streams(store, 2);
        var (one, other, anywhere) = (Counting(streams[0], 1, 2), Counting(streams[1], 1, 2), new AppendRequest(NewTally(), ExpectedVersion.Any, Counts(1, 1)));
        await store.Store.Append(one, Ct);

        Assert.Equal(streams[0], (await Assert.ThrowsAsync<ConcurrencyException>(() => store.Store.AppendMany([other, one], Ct))).Stream);
        Assert.Equal(streams[0], (await Assert.ThrowsAsync<ConcurrencyException>(() => store.Store.AppendMany([anywhere, one], Ct))).Stream);
        Assert.Equal(3, await store.CountStored(Ct));
    }

    [Fact]
    public async Task Calls_that_share_streams_in_any_order_never_deadlock_and_each_is_stored_whole_or_not_at_all()
    {
        const int Callers = 8, Rounds = 15, Shared = 6;
        await using var store = await NewStore();
        await store.Execute("do $$ begin execute format('alter database %I set deadlock_timeout = ''10ms''', current_database()); end $$", Ct);
        ConformanceStore[] hosts = [store.AnotherHost(), store.AnotherHost()];
        StreamId[] streams = [.. Enumerable.Range(0, Shared).Select(index => index % 2 == 0 ? NewTally() : NewMember())];

        var won = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            var stored = 0;
            for (var round = 0; round < Rounds; round++)
            {
                var chosen = streams.OrderBy(_ => random.Next()).Take(3).ToArray();
                var number = (caller * 1000) + round;
                await hosts[caller % 2].Store.AppendMany([.. chosen.Select(stream => new AppendRequest(stream, ExpectedVersion.Any, [Said(stream, number)]))], Ct);
                stored++;
            }

            return stored;
        })));

        var feed = await store.ReadFeed(new() { Limit = 10_000 }, Ct);
        Assert.Equal(Callers * Rounds, won.Sum());
        Assert.All(feed.GroupBy(e => e.Event switch { Counted c => c.Number, Joined j => long.Parse(j.Email), _ => -1 }), call => Assert.Equal(3, call.Count()));
        Assert.Equal(Callers * Rounds * 3, feed.Count);
        Assert.All(feed.GroupBy(e => e.Stream), stream => Assert.Equal(Enumerable.Range(1, stream.Count()), stream.Select(e => (int)e.Version)));
    }

    [Fact]
    public async Task A_call_waits_for_a_stream_without_holding_a_later_one()
    {
        await using var store = await NewStore();
        StreamId[] streams = [.. (await Streams(store, 2)).OrderBy(stream => Convert.ToHexString(stream.AggregateId.ToByteArray(bigEndian: true)), StringComparer.Ordinal)];
        await using var rival = await store.BeginAppend(Ct);
        await rival.Insert(streams[0], 2, new(100), Ct);

        var append = store.Store.AppendMany([Counting(streams[1], 1, 2), Counting(streams[0], 1, 2)], Ct);
        await store.UntilBlocked(1, Ct);
        await rival.Insert(streams[1], 2, new(101), Ct);
        await rival.Commit(Ct);

        await Assert.ThrowsAsync<ConcurrencyException>(() => append);
        Assert.Equal(4, await store.CountStored(Ct));
    }

    [Fact]
    public async Task Claims_are_taken_with_all_of_it_or_not_at_all_and_can_go_from_one_aggregate_to_another()
    {
        await using var store = await NewStore();
        var (ann, bob, eve) = (NewMember(), NewMember(), NewMember());
        await store.Store.AppendMany([Joining(ann, "ann@example.org"), Joining(bob, "bob@example.org")], Ct);

        await store.Store.AppendMany([Exchanging(ann, 1, "ann@example.org", "bob@example.org"), Exchanging(bob, 1, "bob@example.org", "ann@example.org")], Ct);
        var greedy = Joining(eve, "eve@example.org") with { Claims = new([new("email", "ann@example.org"), new("email", "bob@example.org")], []) };
        var refused = await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.AppendMany(
            [Exchanging(bob, 2, "ann@example.org", "new@example.org"), greedy], Ct));

        // Bob gives his back in the same call; it is Ann's that stands in the way.
        Assert.Equal("bob@example.org", refused.Claim.Value);
        Assert.Equal(4, await store.CountStored(Ct));
        Assert.Equal(
            [$"ann@example.org {bob.AggregateId}", $"bob@example.org {ann.AggregateId}"],
            await store.Column<string>("select value || ' ' || aggregate_id from eventstore.claims order by 1", Ct));
    }

    [Fact]
    public async Task A_claim_that_two_of_the_requests_take_is_refused()
    {
        await using var store = await NewStore();

        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.AppendMany([Joining(NewMember(), "ann@example.org"), Joining(NewMember(), "ann@example.org")], Ct));

        Assert.Equal(0, await store.CountStored(Ct));
    }

    [Fact]
    public async Task Calls_that_exchange_the_same_claims_at_once_never_deadlock()
    {
        await using var store = await NewStore();
        await store.Execute("do $$ begin execute format('alter database %I set deadlock_timeout = ''10ms''', current_database()); end $$", Ct);
        for (var round = 0; round < 20; round++)
        {
            StreamId[] members = [NewMember(), NewMember(), NewMember(), NewMember()];
            string[] emails = [.. members.Select((_, index) => $"{round}-{index}@example.org")];
            await store.Store.AppendMany([.. members.Zip(emails, Joining)], Ct);

            // Each call gives up what the other wants. Whichever is first finds the claims held, and the other comes after it and does not meet it halfway.
            var outcomes = await Task.WhenAll(Exchange(0, 2), Exchange(2, 0));

            Assert.All(outcomes, error => Assert.True(error is null or ClaimTakenException, error?.ToString()));

            Task<Exception?> Exchange(int from, int to) => Record.ExceptionAsync(() => store.AnotherHost().Store.AppendMany(
                [
                    Exchanging(members[from], 1, emails[from], emails[to]),
                    Exchanging(members[from + 1], 1, emails[from + 1], emails[to + 1]),
                ],
                Ct)).AsTask();
        }
    }

    [Fact]
    public async Task Several_tenants_or_a_stream_named_twice_are_refused()
    {
        await using var store = await NewStore();
        var stream = NewTally();

        await Assert.ThrowsAsync<ArgumentException>(() => store.Store.AppendMany([Counting(NewTally(), 0, 1), Counting(NewTally(Hooli), 0, 1)], Ct));
        await Assert.ThrowsAsync<ArgumentException>(() => store.Store.AppendMany([Counting(stream, 0, 1), Counting(stream, 1, 1)], Ct));

        Assert.Empty(await store.Store.AppendMany([], Ct));
        Assert.Equal(0, await store.CountStored(Ct));
    }

    [Fact]
    public async Task A_tenant_that_is_unknown_or_disabled_is_refused_and_nothing_is_stored()
    {
        await using var store = await NewStore();
        await store.Append(NewTally(Hooli), ExpectedVersion.None, Counts(1, 1), Ct);
        await store.AnotherHost().Store.Tenants.Disable(Hooli, Ct);

        await Assert.ThrowsAsync<UnknownTenantException>(() => store.Store.AppendMany([Counting(NewTally("nobody"), 0, 1)], Ct));
        await Assert.ThrowsAsync<TenantDisabledException>(() => store.Store.AppendMany([Counting(NewTally(Hooli), 0, 1), Counting(NewTally(Hooli), 0, 1)], Ct));

        Assert.Equal(1, await store.CountStored(Ct));
    }

    [Fact]
    public async Task Together_the_requests_are_held_to_the_limits_of_one_append()
    {
        await using var store = await NewStore(new() { Configure = options => (options.MaxBatchEvents, options.MaxEventBytes, options.MaxBatchBytes) = (10, 2000, 5000) });
        var large = NewEvent.Of(new Noted(new('x', 1500)));

        AppendRequest[][] tooLarge =
        [
            [new(NewTally(), ExpectedVersion.None, Counts(1, 6)), new(NewTally(), ExpectedVersion.None, Counts(1, 5))],
            [.. Enumerable.Range(0, 4).Select(_ => new AppendRequest(NewTally(), ExpectedVersion.None, [large]))],
        ];
        foreach (var requests in tooLarge)
        {
            Assert.Equal(
                UnstorableEventException.TooLarge,
                (await Assert.ThrowsAsync<UnstorableEventException>(() => store.Store.AppendMany(requests, Ct))).Code);
        }

        Assert.Equal(0, await store.CountStored(Ct));
    }

    [Fact]
    public async Task Snapshots_that_are_due_are_written_and_a_reader_of_the_feed_is_woken()
    {
        await using var store = await NewStore();
        var streams = new[] { NewTally(), NewTally() };
        var reader = store.Store.Feed.WaitForWatermark(0, Ct);

        await store.Store.AppendMany([.. streams.Select(stream => new AppendRequest(stream, ExpectedVersion.None, Counts(1, 130)))], Ct);

        Assert.True(await reader > 0);
        await store.Store.DrainSnapshots(Ct);
        foreach (var stream in streams)
        {
            Assert.Equal(100, (await store.Store.Load<TallyState>(stream, ct: Ct)).SnapshotVersion);
        }
    }

    private static NewEvent Said(StreamId stream, int number) =>
        NewEvent.Of(stream.AggregateType == "tally" ? new Counted(number) : new Joined(number.ToString()));

    private static AppendRequest Counting(StreamId stream, long version, int number) => new(stream, ExpectedVersion.Exactly(version), Counts(number, number));

    private static AppendRequest Joining(StreamId member, string email) => new(member, ExpectedVersion.None, [NewEvent.Of(new Joined(email))]) { Claims = new([new("email", email)], []) };

    private static AppendRequest Exchanging(StreamId member, long version, string released, string taken) =>
        new(member, ExpectedVersion.Exactly(version), [NewEvent.Of(new Moved(taken))]) { Claims = new([new("email", taken)], [new("email", released)]) };

    private async Task<StreamId[]> Streams(ConformanceStore store, int count)
    {
        StreamId[] streams = [.. Enumerable.Range(0, count).Select(_ => NewTally())];
        foreach (var stream in streams)
        {
            await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);
        }

        return streams;
    }
}
