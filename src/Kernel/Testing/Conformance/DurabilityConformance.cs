using Monolith.EventSourcing;
using Monolith.EventStore;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Whatever happens on the way, an append is written whole or not at all, and repeating it is safe.</summary>
public abstract class DurabilityConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(11)]
    public async Task A_cancelled_append_that_waits_is_not_written_and_can_be_repeated()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var events = Counts(1, 3);
        await using var other = await store.BeginAppend(Ct);
        await other.Insert(stream, 1, new(100), Ct);
        using var cancel = new CancellationTokenSource();

        var append = store.Append(stream, ExpectedVersion.None, events, cancel.Token);
        await store.UntilBlocked(1, Ct);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => append);
        await other.Rollback(Ct);

        Assert.Equal(0, await store.CountStored(Ct));
        Assert.Equal(3, (await store.Append(stream, ExpectedVersion.None, events, Ct)).Version);
    }

    [Fact, Behaviour(11)]
    public async Task Appends_that_are_cancelled_at_any_moment_are_written_whole_or_not_at_all()
    {
        await using var store = await NewStore();
        var seed = Seed.Of(TestContext.Current);
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            var batch = Enumerable.Range(0, 6).Select(_ => (Stream: NewTally(), Events: Counts(1, 5))).ToList();
            using var cancel = new CancellationTokenSource(TimeSpan.FromMicroseconds(random.Next(3000)));
            var acknowledged = await Task.WhenAll(batch.Select(append => Tried(store.Append(append.Stream, ExpectedVersion.None, append.Events, cancel.Token))));

            // A statement that was on its way may end after its caller has given up: the repeat waits for it.
            foreach (var ((stream, events), isAcknowledged) in batch.Zip(acknowledged))
            {
                var stored = (await store.Versions(stream, Ct)).Count;
                Assert.True(stored == 5 || (stored == 0 && !isAcknowledged), $"{stored} of 5 events are stored");
                Assert.Equal(5, (await store.Append(stream, ExpectedVersion.None, events, Ct)).Version);
                Assert.Equal([1, 2, 3, 4, 5], await store.Numbers(stream, Ct));
            }
        }

        static async Task<bool> Tried(Task<AppendResult> append)
        {
            try
            {
                await append;
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }

    [Theory, Behaviour(11)]
    [InlineData("-c statement_timeout=200ms", 30)]
    [InlineData("", 1)]
    public async Task An_append_that_times_out_is_not_written_and_the_error_is_transient(string serverOptions, int clientSeconds)
    {
        await using var store = await NewStore();
        var impatient = store.AnotherHost(store.Setup with
        {
            Connect = connection =>
            {
                connection.Options = serverOptions;
                connection.CommandTimeout = clientSeconds;
            },
        });
        var stream = NewTally();
        var events = Counts(1, 3);
        await using var other = await store.BeginAppend(Ct);
        await other.Insert(stream, 1, new(100), Ct);

        var timedOut = await Assert.ThrowsAsync<EventStoreUnavailableException>(() => impatient.Append(stream, ExpectedVersion.None, events, Ct));
        Assert.Equal((EventStoreUnavailableException.TimedOut, true), (timedOut.Code, timedOut.IsTransient));
        await other.Rollback(Ct);

        Assert.Equal(0, await store.CountStored(Ct));
        Assert.Equal(3, (await Repeated(() => impatient.Append(stream, ExpectedVersion.None, events, Ct))).Version);
    }

    [Fact, Behaviour(11)]
    public async Task An_append_whose_server_process_is_killed_fails_transiently_and_its_repeat_succeeds()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var events = Counts(1, 3);
        await using var other = await store.BeginAppend(Ct);
        await other.Insert(stream, 1, new(100), Ct);

        var append = store.Append(stream, ExpectedVersion.None, events, Ct);
        await store.UntilBlocked(1, Ct);
        await store.Execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", Ct);
        Assert.True((await Assert.ThrowsAsync<EventStoreUnavailableException>(() => append)).IsTransient);
        await other.Rollback(Ct);

        Assert.Equal(3, (await Repeated(() => store.Append(stream, ExpectedVersion.None, events, Ct))).Version);
        Assert.Equal([1, 2, 3], await store.Numbers(stream, Ct));
    }

    [Theory, Behaviour(11, 12)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_the_connection_breaks_on_the_way_there_or_back_the_repeat_stores_the_events_once(bool answerLost)
    {
        await using var store = await NewStore();
        await using var relay = new Relay(store.ConnectionString);
        var remote = store.AnotherHost(relay.SetupFor(store));
        for (var round = 0; round < 5; round++)
        {
            var stream = NewTally();
            var events = Counts(1, 3);
            await remote.Append(stream, ExpectedVersion.None, events[..1], Ct);
            (answerLost ? (Action)relay.LoseNextAnswer : relay.LoseNextRequest)();

            var lost = await Assert.ThrowsAsync<EventStoreUnavailableException>(() => remote.Append(stream, ExpectedVersion.Exactly(1), events[1..], Ct));

            Assert.Equal((EventStoreUnavailableException.ConnectionLost, true), (lost.Code, lost.IsTransient));
            await store.Until($"select count(*) = {(answerLost ? 3 : 1)} from eventstore.events where aggregate_id = '{stream.AggregateId}'", Ct);
            var repeated = await remote.Append(stream, ExpectedVersion.Exactly(1), events[1..], Ct);
            Assert.Equal(3, repeated.Version);
            Assert.Equal(repeated.Position, (await store.Read(stream, StreamRange.All, Ct))[^1].Position);
            Assert.Equal([1, 2, 3], await store.Numbers(stream, Ct));
        }
    }

    [Fact, Behaviour(11, 12)]
    public async Task When_appends_that_travel_together_lose_their_answer_every_caller_hears_of_it_and_can_repeat()
    {
        await using var store = await NewStore();
        await using var relay = new Relay(store.ConnectionString);
        var remote = store.AnotherHost(relay.SetupFor(store));
        await remote.Append(NewTally(), ExpectedVersion.None, Counts(0, 0), Ct);
        for (var round = 0; round < 5; round++)
        {
            var appends = Enumerable.Range(0, 40).Select(_ => (Stream: NewTally(), Events: Counts(1, 2))).ToList();
            relay.LoseNextAnswer();

            var failures = await Task.WhenAll(appends.Select(async append =>
            {
                try
                {
                    Assert.Equal(2, (await remote.Append(append.Stream, ExpectedVersion.None, append.Events, Ct)).Version);
                    return null;
                }
                catch (EventStoreUnavailableException lost)
                {
                    return lost;
                }
            }));

            Assert.Contains(failures, failure => failure is not null);
            Assert.All(failures, failure => Assert.NotEqual(false, failure?.IsTransient));
            foreach (var (stream, events) in appends)
            {
                Assert.Equal(2, (await Repeated(() => remote.Append(stream, ExpectedVersion.None, events, Ct))).Version);
                Assert.Equal([1, 2], await store.Numbers(stream, Ct));
            }
        }
    }

    [Fact, Behaviour(11, 12)]
    public async Task A_repeat_meets_its_first_try_that_lives_on_in_the_server()
    {
        await using var store = await NewStore();
        await using var relay = new Relay(store.ConnectionString);
        var remote = store.AnotherHost(relay.SetupFor(store));
        var stream = NewTally();
        var events = Counts(1, 3);
        await remote.Append(NewTally(), ExpectedVersion.None, Counts(0, 0), Ct);
        await using var other = await store.BeginAppend(Ct);
        await other.Insert(stream, 1, new(100), Ct);

        // The server goes on with the statement of a connection that has gone, because it waits for a lock and not for its client.
        var first = remote.Append(stream, ExpectedVersion.None, events, Ct);
        await store.UntilBlocked(1, Ct);
        await relay.DisposeAsync();
        Assert.True((await Assert.ThrowsAsync<EventStoreUnavailableException>(() => first)).IsTransient);
        var repeat = store.Append(stream, ExpectedVersion.None, events, Ct);
        await store.UntilBlocked(2, Ct);
        await other.Rollback(Ct);

        Assert.Equal(3, (await repeat).Version);
        await store.Until("select count(*) = 0 from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()", Ct);
        Assert.Equal([1, 2, 3], await store.Numbers(stream, Ct));
    }
}
