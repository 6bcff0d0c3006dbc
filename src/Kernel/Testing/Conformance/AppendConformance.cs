using Monolith.EventSourcing;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What an append does, and what it leaves undone.</summary>
public abstract class AppendConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(1)]
    public async Task A_new_store_is_empty_and_its_watermark_is_zero()
    {
        await using var store = await NewStore();
        var stream = NewTally();

        Assert.Empty(await store.Read(stream, StreamRange.All, Ct));
        Assert.Empty(await store.Read(stream, new() { Backward = true }, Ct));
        Assert.Empty(await store.ReadFeed(new(), Ct));
        Assert.Equal(new(TallyState.Initial, 0, 0, 0), await store.Store.Load<TallyState>(stream, ct: Ct));
        Assert.Equal(0, await store.Store.Feed.Refresh(Ct));
        Assert.Equal(0, store.Store.Feed.Watermark);
        Assert.Null(store.Store.Feed.Hold);
    }

    [Fact, Behaviour(2)]
    public async Task Append_with_none_creates_the_stream_and_returns_its_version_and_position()
    {
        await using var store = await NewStore();
        var stream = NewTally();

        var first = await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);
        var second = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 3), Ct);

        Assert.Equal(1, first.Version);
        Assert.Equal(3, second.Version);
        Assert.True(first.Position > 0);
        Assert.Equal(first.Position, Assert.Single(await store.Read(stream, StreamRange.All, Ct)).Position);
        Assert.Equal(second.Position, (await store.FeedPositions(Ct))[^1]);
    }

    [Fact, Behaviour(2)]
    public async Task A_second_none_conflicts_and_names_the_expected_and_the_actual_version()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 2), Ct);

        var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct));

        Assert.Equal((stream, ExpectedVersion.None, 2), (conflict.Stream, conflict.Expected, conflict.Actual));
        Assert.Equal("concurrency_conflict", conflict.Code);
        Assert.False(conflict.IsTransient);
        Assert.Equal(2, await store.CountStored(Ct));
    }

    [Fact, Behaviour(3)]
    public async Task Exists_fails_on_a_missing_stream_and_goes_behind_one_that_is_there()
    {
        await using var store = await NewStore();
        var stream = NewTally();

        var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => store.Append(stream, ExpectedVersion.Exists, Counts(1, 1), Ct));
        Assert.Equal((ExpectedVersion.Exists, 0), (conflict.Expected, conflict.Actual));
        Assert.Equal(0, await store.CountStored(Ct));

        await store.Append(stream, ExpectedVersion.None, Counts(1, 2), Ct);
        Assert.Equal(3, (await store.Append(stream, ExpectedVersion.Exists, Counts(3, 3), Ct)).Version);
    }

    [Fact, Behaviour(3)]
    public async Task Any_appends_to_a_missing_stream_and_behind_one_that_is_there()
    {
        await using var store = await NewStore();
        var stream = NewTally();

        Assert.Equal(2, (await store.Append(stream, ExpectedVersion.Any, Counts(1, 2), Ct)).Version);
        Assert.Equal(3, (await store.Append(stream, ExpectedVersion.Any, Counts(3, 3), Ct)).Version);
        Assert.Equal([1, 2, 3], await store.Numbers(stream, Ct));
    }

    [Theory, Behaviour(3)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Any_does_not_conflict_with_another_that_is_creating_the_stream(bool otherCommits)
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await using var other = await store.BeginAppend(Ct);
        await other.Insert(stream, 1, new(100), Ct);

        var append = store.Append(stream, ExpectedVersion.Any, Counts(1, 2), Ct);
        await store.UntilBlocked(1, Ct);
        await (otherCommits ? other.Commit(Ct) : other.Rollback(Ct));

        Assert.Equal(otherCommits ? 3 : 2, (await append).Version);
        Assert.Equal(otherCommits ? [100, 1, 2] : [1, 2], await store.Numbers(stream, Ct));
    }

    [Fact, Behaviour(4)]
    public async Task An_exact_version_must_be_equal_and_after_a_conflict_the_next_correct_append_works()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.Exactly(0), Counts(1, 5), Ct);

        foreach (var wrong in (long[])[0, 1, 4, 6, 7, 1000, long.MaxValue])
        {
            var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => store.Append(stream, ExpectedVersion.Exactly(wrong), Counts(9, 9), Ct));
            Assert.Equal((wrong, 5), (conflict.Expected.Value, conflict.Actual));
        }

        Assert.Equal(5, await store.CountStored(Ct));
        Assert.Equal(7, (await store.Append(stream, ExpectedVersion.Exactly(5), Counts(6, 7), Ct)).Version);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], await store.Versions(stream, Ct));
    }

    [Fact, Behaviour(4)]
    public async Task A_missing_stream_conflicts_with_every_version_but_zero()
    {
        await using var store = await NewStore();

        var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => store.Append(NewTally(), ExpectedVersion.Exactly(1), Counts(1, 1), Ct));

        Assert.Equal(0, conflict.Actual);
        Assert.Equal(0, await store.CountStored(Ct));
    }

    [Fact, Behaviour(7)]
    public async Task A_batch_with_one_event_that_cannot_be_stored_stores_none()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        NewEvent[] events = [.. Counts(1, 2), NewEvent.Of(new Noted("nul \0 inside")), .. Counts(3, 4)];

        await Assert.ThrowsAsync<UnstorableEventException>(() => store.Append(stream, ExpectedVersion.None, events, Ct));

        Assert.Equal(0, await store.CountStored(Ct));
        Assert.Equal(2, (await store.Append(stream, ExpectedVersion.None, Counts(1, 2), Ct)).Version);
    }

    [Fact, Behaviour(7)]
    public async Task An_enumerator_that_throws_midway_stores_none()
    {
        await using var store = await NewStore();
        var stream = NewTally();

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => store.Append(stream, ExpectedVersion.None, Failing(), Ct));

        Assert.Equal(0, await store.CountStored(Ct));

        static IEnumerable<NewEvent> Failing()
        {
            yield return NewEvent.Of(new Counted(1));
            throw new TimeZoneNotFoundException();
        }
    }

    [Fact, Behaviour(8)]
    public async Task Appending_no_events_does_nothing_and_creates_nothing()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);

        foreach (var expected in (ExpectedVersion[])[ExpectedVersion.None, ExpectedVersion.Any, ExpectedVersion.Exists])
        {
            Assert.Equal(new(0, 0), await store.Append(NewTally(), expected, [], Ct));
        }

        Assert.Equal(new(1, 0), await store.Append(stream, ExpectedVersion.Exactly(1), [], Ct));
        Assert.Equal(1, await store.CountStored(Ct));
    }

    [Fact, Behaviour(9)]
    public async Task Ten_thousand_events_of_one_batch_are_stored_in_order()
    {
        await using var store = await NewStore();
        var stream = NewTally();

        var result = await store.Append(stream, ExpectedVersion.None, Counts(1, 10_000), Ct);

        var stored = await store.Read(stream, StreamRange.All, Ct);
        Assert.Equal(10_000, result.Version);
        Assert.Equal(Enumerable.Range(1, 10_000), stored.Select(e => (int)e.Version));
        Assert.Equal(Enumerable.Range(1, 10_000), stored.Select(e => (int)((Counted)e.Event).Number));
        Assert.Equal(stored.Select(e => e.Position), stored.Select(e => e.Position).Order());
        Assert.Equal(result.Position, stored[^1].Position);
    }

    [Fact, Behaviour(9)]
    public async Task Whatever_is_over_a_size_limit_is_refused_by_its_own_error_and_nothing_is_stored()
    {
        await using var store = await NewStore(new()
        {
            Configure = options =>
            {
                options.MaxEventBytes = 2000;
                options.MaxBatchBytes = 5000;
                options.MaxBatchEvents = 10;
                options.MaxMetadataBytes = 300;
            },
        });
        var stream = NewTally();
        var metadata = new EventMetadata { Headers = new Dictionary<string, string> { ["large"] = new('x', 300) } };

        AppendRequest[] tooLarge =
        [
            new(stream, ExpectedVersion.Any, [NewEvent.Of(new Counted(1)), NewEvent.Of(new Noted(new('x', 2000)))]),
            new(stream, ExpectedVersion.Any, [.. Enumerable.Repeat(new Noted(new('x', 1900)), 3).Select(NewEvent.Of)]),
            new(stream, ExpectedVersion.Any, Counts(1, 11)),
            new(stream, ExpectedVersion.Any, Counts(1, 1)) { Metadata = metadata },
        ];
        foreach (var request in tooLarge)
        {
            var refused = await Assert.ThrowsAsync<UnstorableEventException>(() => store.Store.Append(request, Ct));
            Assert.Equal((UnstorableEventException.TooLarge, false), (refused.Code, refused.IsTransient));
        }

        Assert.Equal(0, await store.CountStored(Ct));
        Assert.Equal(10, (await store.Append(stream, ExpectedVersion.Any, Counts(1, 10), Ct)).Version);
    }

    [Fact, Behaviour(10)]
    public async Task The_database_itself_refuses_to_change_stored_events()
    {
        await using var store = await NewStore();
        await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 3), Ct);

        foreach (var table in (string[])["events", "events_tally", "events_tally_pool_0"])
        {
            foreach (var change in (string[])
                [
                    $"update eventstore.{table} set data = '{{}}'",
                    $"update eventstore.{table} set tenant_id = 'globex'",
                    $"update eventstore.{table} set shard = 'pool_1'",
                    $"delete from eventstore.{table}",
                    $"truncate eventstore.{table}",
                    $"merge into eventstore.{table} using (select 1) x on true when matched then delete",
                ])
            {
                var refused = await Assert.ThrowsAsync<PostgresException>(() => store.Execute(change, Ct));
                Assert.Equal("ES001", refused.SqlState);
            }
        }

        Assert.Equal([1, 2, 3], (await store.ReadFeed(new(), Ct)).Select(e => ((Counted)e.Event).Number));
    }
}
