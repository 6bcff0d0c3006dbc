using Monolith.Accounts.Domain;
using Monolith.EventSourcing;

namespace Monolith.Accounts.Transfers;

/// <summary>
/// Brings a transfer to its end: asks the accounts, one after the other and each in a transaction of its own, and writes down what they answered. It may be
/// stopped anywhere, begun anew, and run by several hosts at once.
/// </summary>
public sealed class TransferProcess(TransferSteps steps, AggregateRepository<Transfer> transfers, TimeProvider time)
{
    /// <summary>Why an account takes no part any more once the deadline is over.</summary>
    public const string TimedOut = "transfer_timed_out";

    /// <summary>Goes on with a transfer of the current operation's tenant until nothing follows.</summary>
    /// <returns>How it ended.</returns>
    /// <exception cref="AggregateNotFoundException">There is no such transfer, or one of its accounts is gone.</exception>
    /// <exception cref="AggregateArchivedException">
    /// An account was archived without having said so, by other means than the command: it can say neither yes nor no before it is restored.
    /// </exception>
    public async Task<TransferStatus> Run(Guid transferId, CancellationToken ct = default)
    {
        var transfer = await transfers.Load(transferId, ct: ct);
        while (!transfer.State.IsFinal)
        {
            await Next(transfer, ct);
            try
            {
                await transfers.Save(transfer, ct);
            }
            catch (ConcurrencyException)
            {
                // Somebody else goes on with it too. What the accounts answered them is what they answered us.
                transfer = await transfers.Load(transferId, ct: ct);
            }
        }

        return transfer.State.Status;
    }

    private async Task Next(Transfer transfer, CancellationToken ct)
    {
        var (id, state, terms) = (transfer.Id, transfer.State, transfer.State.Terms!);
        switch (state.Status)
        {
            case TransferStatus.Requested:
                var debit = await steps.Take(terms.From, state.FromVersion, id, InTime(state, id, from => from.Send(id, terms.To, terms.Amount, terms.Currency, terms.Reference)), ct);
                if (debit.Event is TransferDeclined refused)
                {
                    transfer.Refuse(refused.Reason);
                }
                else
                {
                    transfer.Debited(debit.Version);
                }

                break;
            case TransferStatus.Debited:
                var credit = await steps.Take(terms.To, state.ToVersion, id, InTime(state, id, to => to.Receive(id, terms.From, terms.Amount, terms.Currency, terms.Reference)), ct);
                if (credit.Event is TransferDeclined declined)
                {
                    transfer.DeclineCredit(declined.Reason);
                }
                else
                {
                    transfer.Credited();
                }

                break;
            case TransferStatus.Credited:
                await steps.Take(terms.From, state.FromVersion, id, from => from.Settle(id), ct);
                transfer.Complete();
                break;
            case TransferStatus.Returning:
                await steps.Take(terms.From, state.FromVersion, id, from => from.TakeBack(id, terms.To, terms.Amount, terms.Reference), ct);
                transfer.Compensate();
                break;
            default:
                throw new InvalidOperationException($"A transfer that is {state.Status} has no next step.");
        }
    }

    private Action<Account> InTime(TransferState state, Guid transferId, Action<Account> step) => account =>
    {
        if (time.GetUtcNow() < state.Deadline)
        {
            step(account);
        }
        else
        {
            account.Decline(transferId, TimedOut);
        }
    };
}
