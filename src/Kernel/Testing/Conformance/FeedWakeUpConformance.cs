using System.Diagnostics;
using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Hosts tell each other of appends; what they do not tell is found by polling.</summary>
public abstract class FeedWakeUpConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string Listeners = "from pg_stat_activity where datname = current_database() and query = 'listen eventstore_appended'";

    // By itself such a host would look at the feed once, and not again before the test is over.
    private static readonly StoreSetup Told = new() { Configure = options => options.FeedPolling = (TimeSpan.FromHours(1), TimeSpan.FromHours(1)) };

    private static readonly StoreSetup Untold = new() { Configure = options => options.Notify = false };

    [Fact]
    public async Task An_append_wakes_the_readers_of_other_hosts()
    {
        await using var store = await NewStore();
        var other = store.AnotherHost(Told);
        var first = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        await other.Store.Feed.WaitForWatermark(first.Position - 1, Ct);
        for (var number = 2; number <= 5; number++)
        {
            var stored = await store.Append(NewTally(), ExpectedVersion.None, Counts(number, number), Ct);
            Assert.Equal(stored.Position, await other.Store.Feed.WaitForWatermark(stored.Position - 1, Ct));
        }
    }

    [Fact]
    public async Task A_host_whose_listening_connection_is_lost_opens_another_and_looks_what_it_missed()
    {
        await using var store = await NewStore();
        var other = store.AnotherHost(Told);
        var first = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        await other.Store.Feed.WaitForWatermark(first.Position - 1, Ct);
        for (var number = 2; number <= 4; number++)
        {
            await store.Until($"select count(*) = 1 {Listeners}", Ct);
            await store.Execute($"select pg_terminate_backend(pid, 10000) {Listeners}", Ct);
            var stored = await store.Append(NewTally(), ExpectedVersion.None, Counts(number, number), Ct);
            Assert.Equal(stored.Position, await other.Store.Feed.WaitForWatermark(stored.Position - 1, Ct));
        }
    }

    [Fact, Behaviour(39)]
    public async Task Without_any_notice_everything_still_arrives()
    {
        await using var store = await NewStore(Untold);
        var other = store.AnotherHost(Untold);
        for (var number = 1; number <= 5; number++)
        {
            var stored = await store.Append(NewTally(), ExpectedVersion.None, Counts(number, number), Ct);
            Assert.Equal(stored.Position, await other.Store.Feed.WaitForWatermark(stored.Position - 1, Ct));
        }

        Assert.Equal(0, await store.Scalar<long>($"select count(*) {Listeners}", Ct));
    }

    [Fact, Behaviour(39)]
    public async Task A_host_that_tells_nobody_is_found_by_one_that_listens()
    {
        await using var store = await NewStore(Untold);
        var other = store.AnotherHost(new());
        for (var number = 1; number <= 5; number++)
        {
            var stored = await store.Append(NewTally(), ExpectedVersion.None, Counts(number, number), Ct);
            Assert.Equal(stored.Position, await other.Store.Feed.WaitForWatermark(stored.Position - 1, Ct));
        }
    }

    [Fact]
    public async Task However_many_appends_there_are_a_host_tells_of_them_at_most_every_25_milliseconds()
    {
        await using var store = await NewStore();
        await using var ear = await store.Connect(Ct);
        var notices = 0;
        ear.Notification += (_, _) => notices++;
        await using (var listen = ear.CreateCommand())
        {
            listen.CommandText = "listen eventstore_appended";
            await listen.ExecuteNonQueryAsync(Ct);
        }

        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(Append, Ct)));
        await ear.WaitAsync(Ct);
        while (await ear.WaitAsync(TimeSpan.FromMilliseconds(250), Ct))
        {
        }

        Assert.InRange(notices, 1, 2 + (Stopwatch.GetElapsedTime(started).TotalMilliseconds / 25));

        async Task Append()
        {
            for (var number = 0; number < 60; number++)
            {
                await store.Append(NewTally(), ExpectedVersion.None, Counts(number, number), Ct);
            }
        }
    }

    [Fact]
    public async Task A_host_listens_with_one_connection_however_many_wait()
    {
        await using var hosts = await NewHosts();
        var recorders = Enumerable.Range(0, 5).Select(i => new Recorder($"tests.recorder_{i}").Of<Tally>()).ToArray();
        var host = await hosts.Start(new(), recorders);
        var stored = await hosts.Count(NewTally(), 1);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => host.Store.Feed.WaitForWatermark(stored.Position - 1, Ct)));
        await hosts.CaughtUp(host.Runner);

        await hosts.Store.Until($"select count(*) = 1 {Listeners}", Ct);
    }
}
