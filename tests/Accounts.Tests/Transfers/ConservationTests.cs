using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Xunit;

namespace Monolith.Accounts.Tests.Transfers;

/// <summary>Money is neither made nor lost, whatever happens to the hosts that move it.</summary>
public sealed class ConservationTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TransferStatus.Completed)]
    [InlineData(TransferStatus.Refused)]
    [InlineData(TransferStatus.Compensated)]
    public async Task A_crash_at_any_step_changes_neither_the_outcome_nor_the_sum(TransferStatus outcome)
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var crashes = 0;
        for (var hasCrashed = true; hasCrashed; crashes++)
        {
            var (from, to) = (await bank.NewAccount(outcome == TransferStatus.Refused ? 1m : 10m), await bank.NewAccount(0m));
            if (outcome == TransferStatus.Compensated)
            {
                await bank.Change(to, account => account.Freeze(FreezeReason.ByBank));
            }

            var transfer = await bank.Request(from, to, 4m);
            hasCrashed = await CrashAt(bank, transfer, call: crashes);

            Assert.Equal(outcome, await bank.Host().Run(transfer, Ct));
            Assert.Equal(outcome == TransferStatus.Completed ? 4m : 0m, await bank.BalanceOf(to));
            Assert.Equal(outcome == TransferStatus.Refused ? 1m : 10m, await bank.BalanceOf(from) + await bank.BalanceOf(to));
        }

        // Each load and append of the process, before it and before its answer.
        Assert.InRange(crashes, 8, 40);
    }

    [Fact]
    public async Task Money_is_conserved_under_random_transfers_by_several_hosts_that_crash_and_repeat()
    {
        const int accountCount = 5, workers = 4, stepsEach = 60;
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var seed = Seed.Of(TestContext.Current);
        var accounts = new List<Guid>();
        for (var number = 0; number < accountCount; number++)
        {
            accounts.Add(await bank.NewAccount(100m));
        }

        await bank.Change(accounts[0], account => account.AgreeOverdraft(50m));
        var transfers = new SharedList();
        await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(() => Work(bank, accounts, transfers, new(seed + worker), stepsEach), Ct)));

        foreach (var account in accounts)
        {
            await bank.Restore(account);
        }

        foreach (var transfer in transfers.All)
        {
            await bank.Host().Run(transfer, Ct);
        }

        var states = new List<AccountState>();
        foreach (var account in accounts)
        {
            states.Add((await bank.Accounts.Load(account, ct: Ct)).State);
            Assert.All((await bank.StepsOf(account)).GroupBy(step => (step.TransferId, step.GetType())), once => Assert.Single(once));
        }

        Assert.Equal(accountCount * 100m, states.Sum(state => state.Balance));
        Assert.All(states, state => Assert.True(state.Balance >= -state.Overdraft && state.TransfersUnderway == 0, $"{state}"));
        foreach (var transfer in transfers.All)
        {
            Assert.True((await bank.Transfers.Load(transfer, ct: Ct)).State.IsFinal);
        }
    }

    private static async Task Work(Bank bank, List<Guid> accounts, SharedList transfers, Random random, int steps)
    {
        var host = bank.Host(_ => random.NextDouble() < 0.05 ? throw new CrashException() : Task.CompletedTask);
        for (var step = 0; step < steps; step++)
        {
            try
            {
                switch (random.Next(12))
                {
                    case < 4:
                        var (from, to) = (random.Next(accounts.Count), random.Next(1, accounts.Count));
                        transfers.Add(await bank.Request(accounts[from], accounts[(from + to) % accounts.Count], random.Next(1, 8_000) / 100m));
                        break;
                    case < 8:
                        await (transfers.Any(random) is { } transfer ? host.Run(transfer, Ct) : Task.CompletedTask);
                        break;
                    case 8:
                        var isFrozen = random.Next(3) == 0;
                        await bank.Change(accounts[random.Next(accounts.Count)], account =>
                        {
                            if (isFrozen)
                            {
                                account.Freeze(FreezeReason.ByBank);
                            }
                            else
                            {
                                account.Unfreeze(FreezeReason.ByBank);
                            }
                        });
                        break;
                    case 9:
                        await bank.Archive(accounts[random.Next(accounts.Count)]);
                        break;
                    case 10:
                        await bank.Restore(accounts[random.Next(accounts.Count)]);
                        break;
                    default:
                        bank.Time.Advance(Bank.Options.TransferTimeout / 8);
                        break;
                }
            }
            catch (CrashException)
            {
                // Somebody will go on with it.
            }
            catch (ConcurrencyException)
            {
                // A freeze that lost every race, or an archiving that lost one.
            }
            catch (EventSourcingException archived) when (archived is RejectedException or AggregateArchivedException)
            {
                // The account is in the archive, or may not go there yet.
            }
        }
    }

    // Whether it came so far.
    private static async Task<bool> CrashAt(Bank bank, Guid transfer, int call)
    {
        var calls = 0;
        try
        {
            await bank.Host(_ => calls++ == call ? throw new CrashException() : Task.CompletedTask).Run(transfer, Ct);
            return false;
        }
        catch (CrashException)
        {
            return true;
        }
    }

    private sealed class SharedList
    {
        private readonly List<Guid> items = [];

        public IReadOnlyList<Guid> All
        {
            get
            {
                lock (items)
                {
                    return [.. items];
                }
            }
        }

        public void Add(Guid item)
        {
            lock (items)
            {
                items.Add(item);
            }
        }

        public Guid? Any(Random random) => All is { Count: > 0 } all ? all[random.Next(all.Count)] : null;
    }
}
