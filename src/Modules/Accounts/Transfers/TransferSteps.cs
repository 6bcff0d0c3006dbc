using Monolith.Accounts.Domain;
using Monolith.EventSourcing;

namespace Monolith.Accounts.Transfers;

/// <summary>Takes the steps of transfers on accounts, each exactly once, however often and by however many hosts it is tried.</summary>
/// <remarks>
/// The account's own stream is the memory. A step is appended only at the very version up to which the stream was looked through for it: had somebody else
/// taken it meanwhile, the stream would be longer and the append a conflict. So an append whose answer was lost is found by the next attempt, and a host that
/// slept between its look and its append writes nothing. It needs no list of transfers in the account's state, and no clock: only the version behind which the
/// step must lie, which the transfer knows. That an account declines is an event too, so that no later attempt can undo what was built on it; and so is that it
/// goes into the archive, where it could not say so any more.
/// </remarks>
public sealed class TransferSteps(IEventStore store, AggregateRepository<Account> accounts)
{
    // A conflict means that somebody else got on, as does that the account was archived meanwhile. More of them in a row than this is no race any more.
    private const int MaxAttempts = 100;

    /// <summary>The event by which the account took the step or declined it, now or earlier, and its version.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="since">A version of the account behind which the step lies.</param>
    /// <param name="transferId">The transfer.</param>
    /// <param name="step">The decision. What refuses it becomes <see cref="TransferDeclined"/>.</param>
    /// <param name="ct">Stops before the next attempt.</param>
    internal async Task<(ITransferStep Event, long Version)> Take(Guid accountId, long since, Guid transferId, Action<Account> step, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var account = await accounts.Load(accountId, ct: ct);
            if (await Find(accountId, since, account.Version, transferId, ct) is { } taken)
            {
                return taken;
            }

            since = account.Version;
            Decide(account, transferId, step);
            var raised = (ITransferStep)account.UncommittedEvents[^1].Event;
            try
            {
                return (raised, (await accounts.Save(account, ct)).Version);
            }
            catch (EventSourcingException other) when (attempt < MaxAttempts && (other is ConcurrencyException || (other is AggregateArchivedException && !account.IsArchived)))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * (1 << Math.Min(attempt, 6))), ct);
            }
        }
    }

    private static void Decide(Account account, Guid transferId, Action<Account> step)
    {
        try
        {
            step(account);
        }
        catch (RejectedException refusal)
        {
            account.Decline(transferId, refusal.Code);
        }
    }

    private async Task<(ITransferStep Event, long Version)?> Find(Guid accountId, long since, long upTo, Guid transferId, CancellationToken ct)
    {
        if (upTo <= since)
        {
            return null;
        }

        var stream = new StreamId(OperationContext.Current.TenantId, Account.TypeName, accountId);
        await foreach (var envelope in store.Read(stream, new() { FromVersion = since + 1, ToVersion = upTo }, ct))
        {
            if (envelope.Event is ITransferStep step && step.TransferId == transferId)
            {
                return (step, envelope.Version);
            }

            // Nothing can be appended to an account in the archive, so this event is its no to all that ask from then on, also when it is back.
            if (envelope.Event is AccountArchived)
            {
                return (new TransferDeclined(transferId, Account.ArchivedCode), envelope.Version);
            }
        }

        return null;
    }
}
