using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>An append whose transaction is prepared for two-phase commit is not decided until somebody decides it, whoever has gone meanwhile.</summary>
public abstract class PreparedAppendConformance(PostgresFixture postgres, OwnServer own) : ConformanceTests(postgres), IClassFixture<OwnServer>
{
    [Theory, Behaviour(21)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_append_that_is_prepared_for_two_phase_commit_holds_the_feed_back_until_it_is_decided(bool commits)
    {
        await using var store = await CreateIn(await own.NewDatabase(Ct));
        var low = await Prepared(store, "first");
        var high = await store.Append(NewTally(), ExpectedVersion.None, Counts(2, 2), Ct);

        Assert.Empty(await store.FeedPositions(Ct));
        Assert.Equal(0, store.Store.Feed.Hold?.ProcessId);
        Assert.Empty(await store.AnotherHost().FeedPositions(Ct));
        await store.Execute(commits ? "commit prepared 'first'" : "rollback prepared 'first'", Ct);

        Assert.Equal(commits ? [low, high.Position] : [high.Position], await store.FeedPositions(Ct));
        Assert.Null(store.Store.Feed.Hold);
    }

    [Fact, Behaviour(21)]
    public async Task A_prepared_append_that_holds_the_feed_back_for_long_is_warned_of_once_as_what_it_is()
    {
        var logs = new CollectedLogs();
        await using var store = await CreateIn(
            await own.NewDatabase(Ct), new() { Loggers = logs, Configure = options => options.FeedHoldWarning = TimeSpan.FromMilliseconds(1) });
        await Prepared(store, "warned");
        while (logs.Warnings.Count == 0)
        {
            await store.Store.Feed.Refresh(Ct);
        }

        await store.Store.Feed.Refresh(Ct);
        Assert.Contains("prepared transaction", Assert.Single(logs.Warnings), StringComparison.Ordinal);
        await store.Execute("rollback prepared 'warned'", Ct);
    }

    [Fact, Behaviour(21)]
    public async Task An_append_that_is_prepared_after_the_feed_has_seen_it_open_still_holds_it_back()
    {
        await using var store = await CreateIn(await own.NewDatabase(Ct));
        await using var append = await store.BeginAppend(Ct);
        var low = await append.Insert(NewTally(), 1, new(1), Ct);
        var high = await store.Append(NewTally(), ExpectedVersion.None, Counts(2, 2), Ct);
        Assert.Empty(await store.FeedPositions(Ct));

        await append.Execute("prepare transaction 'second'", Ct);
        Assert.Empty(await store.FeedPositions(Ct));
        Assert.Empty(await store.FeedPositions(Ct));
        await store.Execute("commit prepared 'second'", Ct);

        Assert.Equal([low, high.Position], await store.FeedPositions(Ct));
    }

    [Fact]
    public async Task A_stream_is_not_archived_before_a_prepared_append_to_it_has_ended()
    {
        await using var store = await CreateIn(await own.NewDatabase(Ct));
        await using var append = await store.BeginAppend(Ct);
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);
        await append.Insert(stream, 2, new(2), Ct);
        var archive = store.Store.Archive(stream, ExpectedVersion.Any, Ct);
        await store.Until("select exists (select from eventstore.archived_streams)", Ct);
        await append.Execute("prepare transaction 'fourth'", Ct);
        await store.Execute("commit prepared 'fourth'", Ct);

        Assert.True(await archive);
        Assert.Equal(2, (await store.Store.Load<TallyState>(stream, ct: Ct)).Version);
    }

    [Fact, Behaviour(21)]
    public async Task A_prepared_append_survives_the_end_of_the_server_and_holds_the_feed_back_after_it()
    {
        await using var store = await CreateIn(await own.NewDatabase(Ct));
        var low = await Prepared(store, "third");
        await own.Server.Crash(Ct);
        await own.Server.Restart(Ct);
        await using var restarted = On(store.ConnectionString);
        var high = await restarted.Append(NewTally(), ExpectedVersion.None, Counts(2, 2), Ct);

        Assert.Empty(await restarted.FeedPositions(Ct));
        await restarted.Execute("commit prepared 'third'", Ct);
        Assert.Equal([low, high.Position], await restarted.FeedPositions(Ct));
    }

    private async Task<long> Prepared(ConformanceStore store, string name)
    {
        await using var append = await store.BeginAppend(Ct);
        var position = await append.Insert(NewTally(), 1, new(1), Ct);
        await append.Execute($"prepare transaction '{name}'", Ct);
        return position;
    }
}
