using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Rows of somebody else, written with the checkpoint: each event has its effect once, whatever breaks.</summary>
public abstract class TransactionalSubscriptionConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string Ledger = "create table ledger (position bigint not null, number bigint not null)";

    [Fact, Behaviour(31)]
    public async Task Ending_the_connection_in_the_middle_loses_and_repeats_no_effect()
    {
        await using var hosts = await NewHosts();
        await hosts.Execute(Ledger);
        var stream = NewTally();
        await hosts.Count(stream, 1, 2, 3);
        var ledger = new NumberLedger { Midway = Once((_, ct) => hosts.KillSessions().WaitAsync(ct)) };
        await hosts.CaughtUp(await hosts.Run(ledger));

        Assert.Equal([1L, 2L, 3L], await Numbers(hosts));
        Assert.Equal((1, 0), (ledger.Commits, ledger.Doubts));
    }

    [Theory, Behaviour(31)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_that_is_not_answered_is_told_as_in_doubt_and_its_effects_are_stored_once(bool isStored)
    {
        await using var hosts = await NewHosts();
        await hosts.Execute(Ledger);
        var stream = NewTally();
        await hosts.Count(stream, 1, 2, 3);
        var ledger = new NumberLedger
        {
            Behind = Once(async (transaction, ct) =>
            {
                await using var end = new NpgsqlCommand(isStored ? "commit" : "rollback", transaction.Connection);
                await end.ExecuteNonQueryAsync(ct);
                await hosts.KillSessions();
            }),
        };
        var runner = await hosts.Run(ledger);
        await hosts.Count(stream, 4);
        await hosts.CaughtUp(runner);

        Assert.Equal([1L, 2L, 3L, 4L], await Numbers(hosts));
        Assert.Equal(1, ledger.Doubts);
    }

    [Fact, Behaviour(36)]
    public async Task An_event_whose_effect_cannot_be_made_or_written_is_parked_and_others_go_on()
    {
        await using var hosts = await NewHosts();
        await hosts.Execute("create table ledger (position bigint not null, number bigint not null check (number <> 14))");
        var (made, written, good) = (NewTally(), NewTally(), NewTally());
        var runner = await hosts.Run(new NumberLedger());
        await hosts.Count(made, 13);
        await hosts.Count(written, 14);
        await hosts.Count(made, 2);
        await hosts.Count(good, 8);
        await hosts.CaughtUp(runner);

        Assert.Equal([8L], await Numbers(hosts));
        Assert.Equal([made, written], (await hosts.Operations(new NumberLedger()).Parked("tests.ledger", Ct)).Select(parked => parked.Stream));
    }

    [Fact]
    public async Task A_rebuild_of_everything_leaves_it_alone_and_one_by_name_makes_all_effects_again()
    {
        await using var hosts = await NewHosts();
        await hosts.Execute(Ledger);
        await hosts.Count(NewTally(), 1, 2);
        var operations = hosts.Operations(new NumberLedger());
        var runner = await hosts.Run(new NumberLedger());
        await hosts.CaughtUp(runner);

        Assert.Empty(await operations.RebuildAll(ct: Ct));
        await operations.Rebuild("tests.ledger", Ct);
        await hosts.Store.Until("select count(*) = 4 from ledger", Ct);
        Assert.Equal([1L, 1L, 2L, 2L], await Numbers(hosts));
    }

    private static Task<List<long>> Numbers(ProjectionHosts hosts) => hosts.Query<long>("select number from ledger order by number");

    private static Func<NpgsqlTransaction, CancellationToken, Task> Once(Func<NpgsqlTransaction, CancellationToken, Task> act)
    {
        var done = 0;
        return (transaction, ct) => Interlocked.Exchange(ref done, 1) == 0 ? act(transaction, ct) : Task.CompletedTask;
    }

    private sealed class NumberLedger : TransactionalSubscription<(long Position, long Number)>
    {
        private int commits;
        private int doubts;

        public NumberLedger() : base("tests.ledger")
        {
            Reads<Tally>();
            Only<Counted>();
        }

        public Func<NpgsqlTransaction, CancellationToken, Task> Midway { get; init; } = (_, _) => Task.CompletedTask;

        public Func<NpgsqlTransaction, CancellationToken, Task> Behind { get; init; } = (_, _) => Task.CompletedTask;

        public int Commits => commits;

        public int Doubts => doubts;

        protected override IEnumerable<(long Position, long Number)> Effects(EventEnvelope envelope) =>
            ((Counted)envelope.Event).Number is var number && number == 13 ? throw new InvalidOperationException("It is 13.") : [(envelope.Position, number)];

        protected override async Task Write(IReadOnlyList<(long Position, long Number)> effects, NpgsqlTransaction transaction, CancellationToken ct)
        {
            await Midway(transaction, ct);
            await using var insert = new NpgsqlCommand("insert into ledger select * from unnest($1, $2)", transaction.Connection, transaction)
            {
                Parameters = { new() { Value = effects.Select(effect => effect.Position).ToArray() }, new() { Value = effects.Select(effect => effect.Number).ToArray() } },
            };
            await insert.ExecuteNonQueryAsync(ct);
            await Behind(transaction, ct);
        }

        protected override Task Committed(IReadOnlyList<(long Position, long Number)> effects)
        {
            Interlocked.Increment(ref commits);
            return Task.CompletedTask;
        }

        protected override Task InDoubt(IReadOnlyList<(long Position, long Number)> effects)
        {
            Interlocked.Increment(ref doubts);
            return Task.CompletedTask;
        }
    }
}
