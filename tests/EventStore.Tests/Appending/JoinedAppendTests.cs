using System.Data;
using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Appending;

/// <summary>An append in a transaction of the caller's is stored with it or not at all, and when it is refused the transaction goes on.</summary>
public sealed class JoinedAppendTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_events_are_stored_with_the_callers_own_rows_or_not_at_all(bool commits)
    {
        await using var store = await NewStore();
        await using var caller = await Caller.Begin(store, Ct);
        var stream = NewTally();

        await caller.Note("before");
        var result = await caller.Append(stream, ExpectedVersion.None, Counts(1, 3));
        await caller.Note("after");
        Assert.Equal(0, await store.CountStored(Ct));
        await (commits ? caller.Transaction.CommitAsync(Ct) : caller.Transaction.RollbackAsync(Ct));

        Assert.Equal(3, result.Version);
        Assert.Equal(commits ? [1, 2, 3] : [], await store.Numbers(stream, Ct));
        Assert.Equal(commits ? ["after", "before"] : [], await caller.Notes());
        Assert.Equal(commits ? [result.Position - 2, result.Position - 1, result.Position] : [], await store.FeedPositions(Ct));
    }

    [Fact]
    public async Task Appends_of_one_transaction_see_each_other_and_a_repeat_among_them_is_recognised()
    {
        await using var store = await NewStore();
        await using var caller = await Caller.Begin(store, Ct);
        var (stream, other) = (NewTally(), NewTally(Globex));
        var first = Counts(1, 2);

        var created = await caller.Append(stream, ExpectedVersion.None, first);
        await caller.Append(other, ExpectedVersion.Any, Counts(9, 9));
        Assert.Equal(4, (await caller.Append(stream, ExpectedVersion.Exactly(2), Counts(3, 4))).Version);
        Assert.Equal(created, await caller.Append(stream, ExpectedVersion.None, first));
        Assert.Equal(5, (await caller.Append(stream, ExpectedVersion.Exists, Counts(5, 5))).Version);
        await caller.Transaction.CommitAsync(Ct);

        Assert.Equal([1, 2, 3, 4, 5], await store.Numbers(stream, Ct));
        Assert.Equal([9], await store.Numbers(other, Ct));
        Assert.Equal(created, await store.Append(stream, ExpectedVersion.None, first, Ct));
    }

    [Fact]
    public async Task A_conflict_leaves_the_transaction_as_it_was_and_usable()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 2), Ct);
        await using var caller = await Caller.Begin(store, Ct);
        await caller.Note("kept");

        var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => caller.Append(stream, ExpectedVersion.Exactly(1), Counts(7, 8)));
        Assert.Equal((stream, 1, 2), (conflict.Stream, conflict.Expected.Value, conflict.Actual));
        await caller.Append(stream, ExpectedVersion.Exactly(2), Counts(3, 3));
        await caller.Transaction.CommitAsync(Ct);

        Assert.Equal([1, 2, 3], await store.Numbers(stream, Ct));
        Assert.Equal(["kept"], await caller.Notes());
    }

    [Fact]
    public async Task An_append_that_lost_a_race_after_waiting_conflicts_and_leaves_the_transaction_usable()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await using var rival = await store.BeginAppend(Ct);
        await rival.Insert(stream, 1, new(100), Ct);
        await using var caller = await Caller.Begin(store, Ct);
        await caller.Note("kept");
        await caller.Append(NewTally(), ExpectedVersion.None, Counts(1, 1));

        var append = caller.Append(stream, ExpectedVersion.None, Counts(2, 3));
        await store.UntilBlocked(1, Ct);
        await rival.Commit(Ct);

        Assert.Equal(1, (await Assert.ThrowsAsync<ConcurrencyException>(() => append)).Actual);
        Assert.Equal(2, (await caller.Append(stream, ExpectedVersion.Any, Counts(4, 4))).Version);
        await caller.Transaction.CommitAsync(Ct);
        Assert.Equal([100, 4], await store.Numbers(stream, Ct));
        Assert.Equal(["kept"], await caller.Notes());
        Assert.Equal(3, (await store.FeedPositions(Ct)).Count);
    }

    [Fact]
    public async Task Any_goes_behind_whoever_won_the_race()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await using var rival = await store.BeginAppend(Ct);
        await rival.Insert(stream, 1, new(100), Ct);
        await using var caller = await Caller.Begin(store, Ct);

        var append = caller.Append(stream, ExpectedVersion.Any, Counts(2, 3));
        await store.UntilBlocked(1, Ct);
        await rival.Commit(Ct);

        Assert.Equal(3, (await append).Version);
        await caller.Transaction.CommitAsync(Ct);
        Assert.Equal([100, 2, 3], await store.Numbers(stream, Ct));
    }

    [Fact]
    public async Task A_claim_is_taken_with_the_transaction_and_one_that_is_taken_leaves_it_usable()
    {
        await using var store = await NewStore();
        await store.Store.Append(Joining(NewMember(), "ann@example.org"), Ct);
        await using var caller = await Caller.Begin(store, Ct);

        var refused = await Assert.ThrowsAsync<ClaimTakenException>(() => caller.Append(Joining(NewMember(), "ann@example.org")));
        Assert.Equal("email_taken", refused.Code);
        await caller.Append(Joining(NewMember(), "bob@example.org"));
        await caller.Transaction.CommitAsync(Ct);

        Assert.Equal(2, await store.CountStored(Ct));
        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.Append(Joining(NewMember(), "bob@example.org"), Ct));
    }

    [Fact]
    public async Task A_tenant_that_is_unknown_or_disabled_is_refused_and_the_transaction_stays_usable()
    {
        await using var store = await NewStore();
        await store.Append(NewTally(Hooli), ExpectedVersion.None, Counts(1, 1), Ct);
        await store.AnotherHost().Store.Tenants.Disable(Hooli, Ct);
        await using var caller = await Caller.Begin(store, Ct);

        await Assert.ThrowsAsync<UnknownTenantException>(() => caller.Append(NewTally("nobody"), ExpectedVersion.None, Counts(1, 1)));
        await Assert.ThrowsAsync<TenantDisabledException>(() => caller.Append(NewTally(Hooli), ExpectedVersion.None, Counts(1, 1)));
        await caller.Append(NewTally(Initech), ExpectedVersion.None, Counts(2, 2));
        await caller.Transaction.CommitAsync(Ct);

        Assert.Equal([1, 2], (await store.ReadFeed(new(), Ct)).Select(e => ((Counted)e.Event).Number));
    }

    [Fact]
    public async Task An_append_that_is_cancelled_while_it_waits_leaves_the_transaction_usable()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await using var rival = await store.BeginAppend(Ct);
        await rival.Insert(stream, 1, new(100), Ct);
        await using var caller = await Caller.Begin(store, Ct);
        await caller.Note("kept");
        using var cancel = new CancellationTokenSource();

        var append = caller.Store.Append(new(stream, ExpectedVersion.Any, Counts(1, 1)), caller.Transaction, cancel.Token);
        await store.UntilBlocked(1, Ct);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => append);
        await caller.Append(NewTally(), ExpectedVersion.None, Counts(2, 2));
        await caller.Transaction.CommitAsync(Ct);
        await rival.Rollback(Ct);
        Assert.Equal([2], (await store.ReadFeed(new(), Ct)).Select(e => ((Counted)e.Event).Number));
        Assert.Equal(["kept"], await caller.Notes());
    }

    [Fact]
    public async Task The_feed_waits_for_the_transaction_and_is_read_in_order_then()
    {
        await using var store = await NewStore();
        await using var caller = await Caller.Begin(store, Ct);
        var early = await caller.Append(NewTally(), ExpectedVersion.None, Counts(1, 1));
        var meanwhile = await store.Append(NewTally(), ExpectedVersion.None, Counts(2, 2), Ct);
        await caller.Transaction.SaveAsync("mine", Ct);
        await caller.Append(NewTally(), ExpectedVersion.None, Counts(3, 3));
        await caller.Transaction.RollbackAsync("mine", Ct);

        // What was undone to a savepoint gave up its own hold of the fence, not that of the append before it.
        Assert.Empty(await store.FeedPositions(Ct));
        Assert.True(store.Store.Feed.Watermark < early.Position);
        var late = await caller.Append(NewTally(), ExpectedVersion.None, Counts(4, 4));
        await caller.Transaction.CommitAsync(Ct);

        Assert.Equal([early.Position, meanwhile.Position, late.Position], await store.FeedPositions(Ct));
    }

    [Fact]
    public async Task A_reader_of_the_feed_is_woken_by_a_signal_after_the_commit()
    {
        await using var store = await NewStore(new() { Configure = options => options.FeedPolling = (TimeSpan.FromHours(1), TimeSpan.FromHours(1)) });
        await using var other = await store.BeginAppend(Ct);
        var first = await other.Insert(NewTally(), 1, new(1), Ct);
        await other.Commit(Ct);
        Assert.Equal(first, await store.Store.Feed.WaitForWatermark(0, Ct));

        // The feed has nothing to do now and polls in an hour.
        var reader = store.Store.Feed.WaitForWatermark(first, Ct);
        await using var caller = await Caller.Begin(store, Ct);
        var appended = await caller.Append(NewTally(), ExpectedVersion.None, Counts(2, 2));
        await caller.Transaction.CommitAsync(Ct);
        Assert.False(reader.IsCompleted);
        store.Store.Feed.Signal();

        Assert.Equal(appended.Position, await reader);
    }

    [Fact]
    public async Task A_reader_of_the_feed_finds_the_events_by_polling_without_a_signal()
    {
        await using var store = await NewStore();
        await using var caller = await Caller.Begin(store, Ct);
        var reader = store.Store.Feed.WaitForWatermark(0, Ct);
        var appended = await caller.Append(NewTally(), ExpectedVersion.None, Counts(1, 1));

        await caller.Transaction.CommitAsync(Ct);

        Assert.Equal(appended.Position, await reader);
    }

    [Fact]
    public async Task A_snapshot_that_is_due_is_written_after_the_next_load()
    {
        await using var store = await NewStore();
        await using var caller = await Caller.Begin(store, Ct);
        var stream = NewTally();
        await caller.Append(stream, ExpectedVersion.None, Counts(1, 120));
        await caller.Transaction.CommitAsync(Ct);

        Assert.Equal(0, (await store.Store.Load<TallyState>(stream, ct: Ct)).SnapshotVersion);
        await store.Store.DrainSnapshots(Ct);
        Assert.Equal(100, (await store.Store.Load<TallyState>(stream, ct: Ct)).SnapshotVersion);
    }

    [Theory]
    [InlineData(IsolationLevel.RepeatableRead)]
    [InlineData(IsolationLevel.Serializable)]
    public async Task A_transaction_that_does_not_see_what_is_stored_now_is_refused(IsolationLevel level)
    {
        await using var store = await NewStore();
        await using var caller = await Caller.Begin(store, Ct, level);

        await Assert.ThrowsAsync<ArgumentException>(() => caller.Append(NewTally(), ExpectedVersion.None, Counts(1, 1)));
    }

    [Fact]
    public async Task A_transaction_that_has_ended_is_refused()
    {
        await using var store = await NewStore();
        await using var caller = await Caller.Begin(store, Ct);
        await caller.Transaction.CommitAsync(Ct);

        await Assert.ThrowsAsync<InvalidOperationException>(() => caller.Append(NewTally(), ExpectedVersion.None, Counts(1, 1)));
    }

    [Fact]
    public async Task Transactions_that_append_to_the_same_streams_in_another_order_deadlock_as_a_transient_error()
    {
        await using var store = await NewStore();
        await store.Execute("do $$ begin execute format('alter database %I set deadlock_timeout = ''20ms''', current_database()); end $$", Ct);
        await using var one = await Caller.Begin(store, Ct);
        await using var other = await Caller.Begin(store, Ct);
        var (first, second) = (NewTally(), NewTally());
        await one.Append(first, ExpectedVersion.None, Counts(1, 1));
        await other.Append(second, ExpectedVersion.None, Counts(2, 2));

        Task<Exception?>[] crossing =
        [
            Record.ExceptionAsync(() => one.Append(second, ExpectedVersion.Any, Counts(3, 3))).AsTask(),
            Record.ExceptionAsync(() => other.Append(first, ExpectedVersion.Any, Counts(4, 4))).AsTask(),
        ];
        var victim = await Task.WhenAny(crossing) == crossing[0] ? 0 : 1;

        var error = Assert.IsType<EventStoreUnavailableException>(await crossing[victim]);
        Assert.Equal((EventStoreUnavailableException.TransactionAborted, true), (error.Code, error.IsTransient));
        await (victim == 0 ? one : other).Transaction.RollbackAsync(Ct);
        Assert.Null(await crossing[1 - victim]);
    }

    private static AppendRequest Joining(StreamId member, string email) =>
        new(member, ExpectedVersion.None, [NewEvent.Of(new Joined(email))]) { Claims = new([new("email", email)], []) };

    /// <summary>A transaction that also writes rows of its own.</summary>
    private sealed class Caller(ConformanceStore store, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct) : IAsyncDisposable
    {
        public NpgsqlTransaction Transaction => transaction;

        public PostgresEventStore Store => store.Store;

        public static async Task<Caller> Begin(ConformanceStore store, CancellationToken ct, IsolationLevel level = IsolationLevel.Unspecified)
        {
            await store.Execute("create table if not exists notes (note text)", ct);
            var connection = await store.DataSource.OpenConnectionAsync(ct);
            return new(store, connection, await connection.BeginTransactionAsync(level, ct), ct);
        }

        public Task<AppendResult> Append(AppendRequest request) => store.Store.Append(request, transaction, ct);

        public Task<AppendResult> Append(StreamId stream, ExpectedVersion expected, NewEvent[] events) => Append(new(stream, expected, events));

        public async Task Note(string text)
        {
            await using var command = new NpgsqlCommand($"insert into notes values ('{text}')", connection, transaction);
            await command.ExecuteNonQueryAsync(ct);
        }

        public Task<List<string>> Notes() => store.Column<string>("select note from notes order by note", ct);

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
