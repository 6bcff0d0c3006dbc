using CsCheck;
using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Xunit;

namespace Monolith.Accounts.Tests.Domain;

/// <summary>Laws that hold for every sequence of commands. A failure prints the seed that repeats it.</summary>
public class AccountLaws
{
    private static readonly Currency Euro = Currency.Parse("EUR");
    private static readonly Guid Other = Guid.CreateVersion7();

    private static readonly Gen<Action<Account>> Command = Gen.Frequency(
        (10, Gen.Int[-1, 20_000].Select(cents => new Action<Account>(account => account.Deposit(cents / 100m, "in")))),
        (10, Gen.Int[-1, 20_000].Select(cents => new Action<Account>(account => account.Withdraw(cents / 100m, "out")))),
        (2, Gen.Const(new Action<Account>(account => account.Withdraw(account.State.Balance, "all")))),
        (1, Gen.Const(new Action<Account>(account => account.Deposit(0.001m, "too fine")))),
        (2, Gen.Int[-1, 30_000].Select(cents => new Action<Account>(account => account.AgreeOverdraft(cents / 100m)))),
        (1, Gen.Enum<FreezeReason>().Select(reason => new Action<Account>(account => account.Freeze(reason)))),
        (2, Gen.Enum<FreezeReason>().Select(reason => new Action<Account>(account => account.Unfreeze(reason)))),
        (4, Gen.Int[-1, 20_000].Select(cents => new Action<Account>(account => account.Send(Guid.CreateVersion7(), Other, cents / 100m, Euro, "")))),
        (4, Gen.Int[-1, 20_000].Select(cents => new Action<Account>(account => account.Receive(Guid.CreateVersion7(), Other, cents / 100m, Euro, "")))),
        (2, Gen.Int[1, 20_000].Select(cents => new Action<Account>(account => account.TakeBack(Guid.CreateVersion7(), Other, cents / 100m, "")))),
        (2, Gen.Const(new Action<Account>(account => account.Settle(Guid.CreateVersion7())))),
        (1, Gen.Const(new Action<Account>(account => account.Archive()))),
        (3, Gen.Const(new Action<Account>(account => account.Restore()))),
        (1, Gen.Const(new Action<Account>(account => account.Close()))));

    private static readonly Gen<Account> AnyAccount = Command.List[0, 60].Select(commands =>
    {
        var account = new Account(Guid.CreateVersion7());
        account.Open("Ada Lovelace", Euro);
        commands.ForEach(command => Try(() => command(account)));
        return account;
    });

    [Fact]
    public void The_balance_is_never_below_the_agreed_overdraft() => Check(account =>
    {
        var state = AccountState.Initial;
        return Events(account).All(@event =>
        {
            state = state.Apply(@event);
            return state.Balance >= -state.Overdraft;
        });
    });

    [Fact]
    public void No_money_moves_on_a_frozen_account_but_what_comes_back() => Check(account =>
    {
        var state = AccountState.Initial;
        return Events(account).All(@event =>
        {
            var wasFrozen = state.IsFrozen;
            state = state.Apply(@event);
            return !wasFrozen || @event is TransferReturned || Movement(@event) == 0m;
        });
    });

    [Fact]
    public void An_account_is_not_closed_while_money_may_come_back() => Check(account =>
        account.State.Status != AccountStatus.Closed || account.State.TransfersUnderway == 0);

    [Fact]
    public void The_balance_is_the_sum_of_the_movements() => Check(account => account.State.Balance == Events(account).Sum(Movement));

    [Fact]
    public void Every_movement_carries_the_balance_after_it() => Check(account =>
        Balances(account).SequenceEqual(RunningSums(Events(account).Select(Movement).Where(amount => amount != 0m))));

    [Fact]
    public void Replay_equals_live() => Check(account =>
    {
        var replayed = new Account(account.Id);
        replayed.LoadFromHistory(Events(account));
        return replayed.State == account.State;
    });

    [Fact]
    public void Nothing_but_archiving_happens_after_the_account_is_closed() => Check(account =>
        !Events(account).SkipWhile(@event => @event is not AccountClosed).Skip(1).Any(@event => @event is not (AccountArchived or AccountRestored)));

    [Fact]
    public void An_account_is_closed_only_when_it_is_empty() => Check(account =>
        account.State.Status != AccountStatus.Closed || account.State.Balance == 0m);

    private static void Check(Predicate<Account> law) => AnyAccount.Sample(account => law(account), iter: 2_000, print: Describe);

    private static IEnumerable<object> Events(Account account) => account.UncommittedEvents.Select(raised => raised.Event);

    private static decimal Movement(object @event) => @event switch
    {
        Deposited e => e.Amount,
        Withdrawn e => -e.Amount,
        TransferSent e => -e.Amount,
        TransferReceived e => e.Amount,
        TransferReturned e => e.Amount,
        _ => 0m,
    };

    private static IEnumerable<decimal> Balances(Account account) =>
        Events(account).Select(@event => @event switch
        {
            Deposited e => e.Balance,
            Withdrawn e => e.Balance,
            TransferSent e => e.Balance,
            TransferReceived e => e.Balance,
            TransferReturned e => e.Balance,
            _ => (decimal?)null,
        }).OfType<decimal>();

    private static IEnumerable<decimal> RunningSums(IEnumerable<decimal> movements)
    {
        var sum = 0m;
        foreach (var movement in movements)
        {
            yield return sum += movement;
        }
    }

    private static void Try(Action command)
    {
        try
        {
            command();
        }
        catch (RejectedException)
        {
            // A refused command changes nothing, so the sequence goes on.
        }
    }

    private static string Describe(Account account) => string.Join(", ", Events(account));
}
