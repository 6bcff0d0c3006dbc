using System.Collections.Concurrent;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What needs a server of its own: its sudden end, and a move to another server.</summary>
public abstract class ServerConformance(PostgresFixture postgres, OwnServer own) : ConformanceTests(postgres), IClassFixture<OwnServer>
{
    [Fact, Behaviour(6, 11, 12)]
    public async Task When_the_server_stops_in_the_midst_of_sixteen_writers_whatever_was_acknowledged_is_stored_and_the_store_goes_on_by_itself()
    {
        const int Writers = 16, Crashes = 2;
        await using var store = await CreateIn(await own.NewDatabase(Ct));
        var acknowledged = new ConcurrentDictionary<long, long>();
        var beforeCrash = new SemaphoreSlim(0);
        using var enough = new CancellationTokenSource();
        var outages = 0;
        var seen = Follow(store, enough.Token);

        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var stream = NewTally(writer % 2 == 0 ? Acme : Initech);
            for (long version = 0; !enough.IsCancellationRequested;)
            {
                var number = (writer * 1_000_000) + (int)version;
                var events = Counts(number, number + 1);
                while (true)
                {
                    try
                    {
                        version = (await store.Append(stream, ExpectedVersion.Exactly(version), events, Ct)).Version;
                        acknowledged[number] = acknowledged[number + 1] = version;
                        beforeCrash.Release();
                        break;
                    }
                    catch (EventStoreUnavailableException unavailable)
                    {
                        // The same events again: nobody knows whether they are stored.
                        Assert.True(unavailable.IsTransient);
                        Interlocked.Increment(ref outages);
                        await Task.Delay(TimeSpan.FromMilliseconds(20), Ct);
                    }
                }
            }
        })).ToList();

        for (var crash = 0; crash < Crashes; crash++)
        {
            await Acknowledgements(100);
            await own.Server.Crash(Ct);
            var untilNow = acknowledged.Keys.ToList();
            await own.Server.Restart(Ct);
            await using var fresh = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(store.ConnectionString) { Pooling = false });
            var stored = await fresh.Column<long>("select (data->>'number')::bigint from eventstore.events", Ct);
            Assert.Empty(untilNow.Except(stored));
            Drain();
        }

        // The same store, without being told anything.
        await Acknowledgements(Writers * 5);
        await enough.CancelAsync();
        await Task.WhenAll(writers);

        Assert.True(outages > 0);
        var (numbers, versions) = (new List<long>(), new Dictionary<Guid, long>());
        foreach (var envelope in await store.ReadFeed(new() { Limit = int.MaxValue }, Ct))
        {
            numbers.Add(((Counted)envelope.Event).Number);
            versions[envelope.AggregateId] = versions.GetValueOrDefault(envelope.AggregateId) + 1;
            Assert.Equal(versions[envelope.AggregateId], envelope.Version);
        }

        Assert.Equal(acknowledged.Keys.Order(), numbers.Order());
        Assert.Equal(numbers.Take((await seen).Count), await seen);

        async Task Acknowledgements(int count)
        {
            for (var i = 0; i < count; i++)
            {
                Assert.True(await beforeCrash.WaitAsync(TimeSpan.FromSeconds(60), Ct), "no append has succeeded for a minute");
            }
        }

        void Drain()
        {
            while (beforeCrash.Wait(0, Ct))
            {
            }
        }
    }

    [Fact, Behaviour(19, 21)]
    public async Task A_position_that_the_server_gives_out_again_after_its_sudden_end_is_not_passed_before_it_is_decided()
    {
        await using var store = await CreateIn(await own.NewDatabase(Ct));
        var before = await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        Assert.Equal(before.Position, await store.Store.Feed.Refresh(Ct));
        await store.Execute("checkpoint", Ct);
        long forgotten;
        await using (var unfinished = await store.BeginAppend(Ct))
        {
            forgotten = await unfinished.Insert(NewTally(), 1, new(2), Ct);
            Assert.Equal(before.Position, await store.Store.Feed.Refresh(Ct));
            await own.Server.Crash(Ct);
            await own.Server.Restart(Ct);
        }

        await using var restarted = On(store.ConnectionString);
        await using var slow = await restarted.BeginAppend(Ct);
        var again = await slow.Insert(NewTally(), 1, new(3), Ct);
        Assert.SkipUnless(again == forgotten, "The server has remembered the position.");
        var high = await restarted.Append(NewTally(), ExpectedVersion.None, Counts(4, 4), Ct);

        // The store that has lived through it.
        Assert.True(await Refreshed(store) < again);
        await slow.Commit(Ct);
        Assert.Equal(high.Position, await Refreshed(store));
        Assert.Equal([before.Position, again, high.Position], await store.FeedPositions(Ct));
    }

    [Fact, Behaviour(23)]
    public async Task A_dump_restored_into_a_fresh_server_shows_every_event_keeps_checkpoints_valid_and_sorts_new_events_last()
    {
        await using var store = await CreateIn(await own.NewDatabase(Ct));
        await Disorder(store);
        var feed = await store.ReadFeed(new() { Limit = int.MaxValue }, Ct);
        var checkpoint = feed[feed.Count / 2].Position;
        var dump = Path.Combine(Path.GetTempPath(), $"monolith-{Guid.NewGuid():N}.sql");
        await using var fresh = new FreshServer();
        try
        {
            await own.Run("pg_dump", store.ConnectionString, $"--no-owner -f \"{dump}\"", Ct);
            var target = await fresh.Start(Ct);
            await own.Run("psql", target, $"-q -v ON_ERROR_STOP=1 -f \"{dump}\"", Ct);

            await using var restored = On(target);
            Assert.Empty(await new Migrator(restored.DataSource, DefaultModel).Migrate(Ct));
            Same(feed, await restored.ReadFeed(new() { Limit = int.MaxValue }, Ct));
            Assert.Equal(feed.Count((e) => e.Position > checkpoint), (await restored.ReadFeed(new() { After = checkpoint }, Ct)).Count);
            var next = await restored.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
            Assert.True(next.Position > feed[^1].Position);
            Assert.Equal(next.Position, (await restored.FeedPositions(Ct))[^1]);
            await Assert.ThrowsAsync<PostgresException>(() => restored.Execute("delete from eventstore.events", Ct));
        }
        finally
        {
            File.Delete(dump);
        }
    }

    // Gaps, snapshots, claims, several tenants, and transaction ids far above those of a fresh server.
    private async Task Disorder(ConformanceStore store)
    {
        for (var round = 0; round < 20; round++)
        {
            foreach (var tenant in (string[])[Acme, Globex, Hooli, Initech])
            {
                await store.Append(NewTally(tenant), ExpectedVersion.None, Counts(round, round + (round == 0 ? 149 : 2)), Ct);
            }

            await store.Scalar<long>("select nextval('eventstore.position')", Ct);
        }

        await store.Store.DrainSnapshots(Ct);
    }

    private static void Same(List<EventEnvelope> expected, List<EventEnvelope> actual)
    {
        Assert.Equal(expected.Select(e => (e.Position, e.EventId, e.Stream, e.Version, e.RecordedAt)), actual.Select(e => (e.Position, e.EventId, e.Stream, e.Version, e.RecordedAt)));
        Assert.Equal(expected.Select(e => e.Event), actual.Select(e => e.Event));
    }

    // The connections of before the end are found broken one by one.
    private async Task<long> Refreshed(ConformanceStore store)
    {
        while (true)
        {
            try
            {
                return await store.Store.Feed.Refresh(Ct);
            }
            catch (EventStoreUnavailableException)
            {
                Ct.ThrowIfCancellationRequested();
            }
        }
    }

    // A subscription that lives through it all.
    private async Task<List<long>> Follow(ConformanceStore store, CancellationToken enough)
    {
        var (numbers, after) = (new List<long>(), 0L);
        while (true)
        {
            try
            {
                await store.Store.Feed.WaitForWatermark(after, enough);
                foreach (var envelope in await store.ReadFeed(new() { After = after }, Ct))
                {
                    numbers.Add(((Counted)envelope.Event).Number);
                    after = envelope.Position;
                }
            }
            catch (EventStoreUnavailableException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), Ct);
            }
            catch (OperationCanceledException) when (enough.IsCancellationRequested)
            {
                return numbers;
            }
        }
    }
}
