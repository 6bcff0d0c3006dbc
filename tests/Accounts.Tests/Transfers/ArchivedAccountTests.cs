using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.Testing;
using Xunit;

namespace Monolith.Accounts.Tests.Transfers;

/// <summary>What becomes of a transfer when one of its accounts is archived.</summary>
public sealed class ArchivedAccountTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_transfer_of_an_account_that_is_archived_is_refused_at_once()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (archived, other) = (await bank.NewAccount(10m), await bank.NewAccount(10m));
        await bank.Archive(archived);
        var unsaid = await bank.NewAccount(10m);
        await bank.ArchiveUnsaid(unsaid);

        foreach (var (from, to) in new[] { (archived, other), (other, archived), (unsaid, other), (other, unsaid) })
        {
            Assert.Equal("account_archived", (await Assert.ThrowsAsync<RejectedException>(() => bank.Request(from, to, 1m))).Code);
        }

        await bank.Restore(archived);
        Assert.Equal(TransferStatus.Completed, await bank.Host().Run(await bank.Request(archived, other, 1m), Ct));
    }

    [Theory]
    [InlineData(true, TransferStatus.Refused)]
    [InlineData(false, TransferStatus.Compensated)]
    public async Task A_transfer_whose_account_is_archived_before_its_step_ends_without_it_and_for_good(bool isGiving, TransferStatus end)
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to) = (await bank.NewAccount(10m), await bank.NewAccount(0m));
        var (before, behind) = (await bank.Request(from, to, 1m), await bank.Request(from, to, 2m));
        await bank.Archive(isGiving ? from : to);

        Assert.Equal(end, await bank.Host().Run(before, Ct));
        await bank.Restore(isGiving ? from : to);
        Assert.Equal(end, await bank.Host().Run(before, Ct));
        Assert.Equal(end, await bank.Host().Run(behind, Ct));
        Assert.Equal((10m, 0m), (await bank.BalanceOf(from), await bank.BalanceOf(to)));
        Assert.Equal(TransferStatus.Completed, await bank.Host().Run(await bank.Request(from, to, 3m), Ct));
    }

    // It has loaded the account and is about to append, or has not even looked; meanwhile the account goes and comes back.
    [Theory]
    [InlineData(true, "Load", 1, TransferStatus.Refused)]
    [InlineData(true, "Append", 0, TransferStatus.Refused)]
    [InlineData(false, "Load", 2, TransferStatus.Compensated)]
    [InlineData(false, "Append", 2, TransferStatus.Compensated)]
    public async Task A_host_that_sleeps_while_an_account_is_archived_and_restored_moves_nothing_when_it_wakes(bool isGiving, string name, int callsBefore, TransferStatus end)
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to) = (await bank.NewAccount(10m), await bank.NewAccount(0m));
        var transfer = await bank.Request(from, to, 1m);
        var (asleep, awake, calls) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        var sleeper = bank.Host(async call =>
        {
            if (call.Name == name && !call.IsDone && calls++ == callsBefore)
            {
                asleep.SetResult();
                await awake.Task;
            }
        }).Run(transfer, Ct);
        await asleep.Task.WaitAsync(TimeSpan.FromSeconds(60), Ct);
        await bank.Archive(isGiving ? from : to);
        Assert.Equal(end, await bank.Host().Run(transfer, Ct));
        await bank.Restore(isGiving ? from : to);

        awake.SetResult();
        Assert.Equal(end, await sleeper);
        Assert.Equal((10m, 0m), (await bank.BalanceOf(from), await bank.BalanceOf(to)));
        Assert.Equal(0, (await bank.Accounts.Load(from, ct: Ct)).State.TransfersUnderway);
    }

    [Fact]
    public async Task An_account_that_is_archived_between_the_look_and_the_append_of_a_step_says_no()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to, calls) = (await bank.NewAccount(10m), await bank.NewAccount(0m), 0);
        var transfer = await bank.Request(from, to, 1m);

        var end = await bank.Host(call => call is { Name: "Append", IsDone: false } && calls++ == 2 ? bank.Archive(to) : Task.CompletedTask).Run(transfer, Ct);

        Assert.Equal((TransferStatus.Compensated, 10m), (end, await bank.BalanceOf(from)));
    }

    [Fact]
    public async Task An_account_whose_money_may_come_back_is_not_archived()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to, calls) = (await bank.NewAccount(10m), await bank.NewAccount(0m), 0);
        var transfer = await bank.Request(from, to, 1m);
        await Assert.ThrowsAsync<CrashException>(
            () => bank.Host(call => call is { Name: "Append", IsDone: true } && ++calls == 2 ? throw new CrashException() : Task.CompletedTask).Run(transfer, Ct));

        Assert.Equal("transfer_underway", (await Assert.ThrowsAsync<RejectedException>(() => bank.Archive(from))).Code);
        await bank.Host().Run(transfer, Ct);
        await bank.Archive(from);
        Assert.Equal(9m, await bank.BalanceOf(from));
    }

    [Fact]
    public async Task An_account_that_was_archived_without_saying_so_lets_a_transfer_wait_until_it_is_restored()
    {
        await using var bank = await Bank.Open(postgres);
        using var operation = Bank.Operation.Begin();
        var (from, to) = (await bank.NewAccount(10m), await bank.NewAccount(0m));
        var transfer = await bank.Request(from, to, 1m);
        await bank.ArchiveUnsaid(to);

        await Assert.ThrowsAsync<AggregateArchivedException>(() => bank.Host().Run(transfer, Ct));
        Assert.Equal(TransferStatus.Debited, await bank.StatusOf(transfer));
        await bank.Restore(to);
        Assert.Equal(TransferStatus.Completed, await bank.Host().Run(transfer, Ct));
    }
}
