using Monolith.Accounts.Domain;
using Monolith.Accounts.Transfers;
using Monolith.EventSourcing;
using Monolith.Testing;
using Xunit;

namespace Monolith.Accounts.Tests.Transfers;

public sealed class TransferProcessTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_transfer_moves_money_once()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to) = (await bank.NewAccount(10m), await bank.NewAccount(1m));
        var transfer = await bank.Request(from, to, 4m);

        Assert.Equal(TransferStatus.Completed, await bank.Host().Run(transfer, Ct));
        Assert.Equal(TransferStatus.Completed, await bank.Host().Run(transfer, Ct));
        Assert.Equal((6m, 5m), (await bank.BalanceOf(from), await bank.BalanceOf(to)));
        Assert.Equal([typeof(TransferSent), typeof(TransferSettled)], (await bank.StepsOf(from)).Select(step => step.GetType()));
    }

    [Fact]
    public async Task A_request_that_is_repeated_is_the_same_transfer_and_another_of_its_id_is_refused()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to, id) = (await bank.NewAccount(10m), await bank.NewAccount(0m), Guid.CreateVersion7());

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => bank.Request(from, to, 4m, id)));
        await bank.Host().Run(id, Ct);
        await bank.Request(from, to, 4.00m, id);

        Assert.Equal("transfer_exists", (await Assert.ThrowsAsync<RejectedException>(() => bank.Request(from, to, 5m, id))).Code);
        Assert.Equal(6m, await bank.BalanceOf(from));
    }

    [Fact]
    public async Task A_transfer_that_the_balance_does_not_cover_is_refused_for_good()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to) = (await bank.NewAccount(1m), await bank.NewAccount(0m));
        var transfer = await bank.Request(from, to, 4m);

        Assert.Equal(TransferStatus.Refused, await bank.Host().Run(transfer, Ct));
        await bank.Change(from, account => account.Deposit(100m, "too late"));
        Assert.Equal(TransferStatus.Refused, await bank.Host().Run(transfer, Ct));
        Assert.Equal((101m, 0m), (await bank.BalanceOf(from), await bank.BalanceOf(to)));
    }

    [Theory]
    [InlineData("account_frozen")]
    [InlineData("account_closed")]
    public async Task A_transfer_to_an_account_that_takes_nothing_is_compensated(string reason)
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to) = (await bank.NewAccount(10m), await bank.NewAccount(0m));
        await bank.Change(to, account =>
        {
            if (reason == "account_frozen")
            {
                account.Freeze(FreezeReason.ByBank);
            }
            else
            {
                account.Close();
            }
        });
        var transfer = await bank.Request(from, to, 4m);

        Assert.Equal(TransferStatus.Compensated, await bank.Host().Run(transfer, Ct));
        Assert.Equal((10m, 0m), (await bank.BalanceOf(from), await bank.BalanceOf(to)));
        Assert.Equal([new TransferDeclined(transfer, reason)], await bank.StepsOf(to));
    }

    [Fact]
    public async Task A_transfer_that_nobody_began_in_time_is_refused()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to) = (await bank.NewAccount(10m), await bank.NewAccount(0m));
        var transfer = await bank.Request(from, to, 4m);
        bank.Time.Advance(Bank.Options.TransferTimeout);

        Assert.Equal(TransferStatus.Refused, await bank.Host().Run(transfer, Ct));
        Assert.Equal([new TransferDeclined(transfer, TransferProcess.TimedOut)], await bank.StepsOf(from));
    }

    [Fact]
    public async Task A_transfer_that_times_out_on_its_way_is_compensated_and_one_that_has_arrived_is_completed()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to) = (await bank.NewAccount(10m), await bank.NewAccount(0m));
        var (onItsWay, arrived) = (await bank.Request(from, to, 4m), await bank.Request(from, to, 1m));
        await Crash(bank, onItsWay, atAppend: 2);
        await Crash(bank, arrived, atAppend: 4);
        bank.Time.Advance(Bank.Options.TransferTimeout);

        Assert.Equal(TransferStatus.Compensated, await bank.Host().Run(onItsWay, Ct));
        Assert.Equal(TransferStatus.Completed, await bank.Host().Run(arrived, Ct));
        Assert.Equal((9m, 1m), (await bank.BalanceOf(from), await bank.BalanceOf(to)));
    }

    // It has looked, and is about to append; meanwhile others take the step, and much else happens to the account.
    [Fact]
    public async Task A_host_that_sleeps_between_its_look_and_its_append_moves_nothing_when_it_wakes()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to) = (await bank.NewAccount(10m), await bank.NewAccount(0m));
        for (var appendsBefore = 0; appendsBefore < 6; appendsBefore++)
        {
            var transfer = await bank.Request(from, to, 1m);
            var (asleep, awake) = (new TaskCompletionSource(), new TaskCompletionSource());
            var appends = 0;
            var sleeper = bank.Host(async call =>
            {
                if (call is { Name: "Append", IsDone: false } && appends++ == appendsBefore)
                {
                    asleep.SetResult();
                    await awake.Task;
                }
            }).Run(transfer, Ct);
            await asleep.Task.WaitAsync(TimeSpan.FromSeconds(60), Ct);
            await bank.Host().Run(transfer, Ct);
            await bank.Change(from, account => account.Deposit(1m, ""));
            await bank.Change(to, account => account.Withdraw(1m, ""));

            awake.SetResult();
            Assert.Equal(TransferStatus.Completed, await sleeper);
            Assert.Equal((10m, 0m), (await bank.BalanceOf(from), await bank.BalanceOf(to)));
        }
    }

    // The sleeper would give what was refused, or take what went back.
    [Fact]
    public async Task A_host_that_wakes_after_an_account_has_declined_does_not_change_its_mind()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to) = (await bank.NewAccount(10m), await bank.NewAccount(0m));
        foreach (var (account, loadsBefore, end) in new[] { (from, 1, TransferStatus.Refused), (to, 2, TransferStatus.Compensated) })
        {
            var transfer = await bank.Request(from, to, 1m);
            var (asleep, awake) = (new TaskCompletionSource(), new TaskCompletionSource());
            var loads = 0;
            var sleeper = bank.Host(async call =>
            {
                if (call is { Name: "Load", IsDone: false } && loads++ == loadsBefore)
                {
                    asleep.SetResult();
                    await awake.Task;
                }
            }).Run(transfer, Ct);
            await asleep.Task.WaitAsync(TimeSpan.FromSeconds(60), Ct);
            await bank.Change(account, frozen => frozen.Freeze(FreezeReason.ByBank));
            Assert.Equal(end, await bank.Host().Run(transfer, Ct));
            await bank.Change(account, thawed => thawed.Unfreeze(FreezeReason.ByBank));

            awake.SetResult();
            Assert.Equal(end, await sleeper);
            Assert.Equal((10m, 0m), (await bank.BalanceOf(from), await bank.BalanceOf(to)));
        }
    }

    [Fact]
    public async Task Accounts_that_are_not_there_or_of_two_currencies_are_refused_at_once()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (euros, dollars) = (await bank.NewAccount(10m), await bank.NewAccount(10m, "USD"));

        Assert.Equal("currency_mismatch", await Refused(euros, dollars));
        Assert.Equal("unknown_account", await Refused(euros, Guid.CreateVersion7()));
        Assert.Equal("unknown_account", await Refused(Guid.CreateVersion7(), euros));
        Assert.Equal("same_account", await Refused(euros, euros));

        async Task<string> Refused(Guid from, Guid to) => (await Assert.ThrowsAsync<RejectedException>(() => bank.Request(from, to, 1m))).Code;
    }

    private static async Task Crash(Bank bank, Guid transfer, int atAppend)
    {
        var appends = 0;
        var host = bank.Host(call => call is { Name: "Append", IsDone: true } && ++appends == atAppend ? throw new CrashException() : Task.CompletedTask);
        await Assert.ThrowsAsync<CrashException>(() => host.Run(transfer, Ct));
    }
}
