using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>Takes the bank's reason back for which no money moves. Another reason may be left. Safe to repeat.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="RequiredVersion">The only version of the account to act on; null for whatever is there.</param>
public sealed record UnfreezeAccount(Guid AccountId, long? RequiredVersion);

internal static class UnfreezeAccountRoute
{
    internal static void MapUnfreezeAccount(this RouteGroupBuilder routes) => routes
        .MapPost("/{id:guid}/unfreeze", async (Guid id, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(new UnfreezeAccount(id, ifMatch.Version), ct)))
        .WithSummary("Lets money move again")
        .WithDescription("Takes back what `freeze` did. An account whose owner is deactivated or deleted stays frozen for that.")
        .Rejects("account_closed", "account_archived");
}

/// <summary>Handles <see cref="UnfreezeAccount"/>.</summary>
public static class UnfreezeAccountHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(UnfreezeAccount command, AggregateRepository<Account> accounts, CancellationToken ct) =>
        accounts.Update(command.AccountId, account => account.Unfreeze(FreezeReason.ByBank), command.RequiredVersion, ct);
}
