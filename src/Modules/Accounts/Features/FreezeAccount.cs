using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>Keeps money from moving on an account, for the bank. Safe to repeat.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="RequiredVersion">The only version of the account to act on; null for whatever is there.</param>
public sealed record FreezeAccount(Guid AccountId, long? RequiredVersion);

internal static class FreezeAccountRoute
{
    internal static void MapFreezeAccount(this RouteGroupBuilder routes) => routes
        .MapPost("/{id:guid}/freeze", async (Guid id, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(new FreezeAccount(id, ifMatch.Version), ct)))
        .WithSummary("Keeps money from moving on an account")
        .WithDescription("Nothing goes in or out until it is unfrozen; money of a transfer that was under way may still come back. To freeze a frozen account changes nothing.")
        .Rejects("account_closed", "account_archived");
}

/// <summary>Handles <see cref="FreezeAccount"/>.</summary>
public static class FreezeAccountHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(FreezeAccount command, AggregateRepository<Account> accounts, CancellationToken ct) =>
        accounts.Update(command.AccountId, account => account.Freeze(FreezeReason.ByBank), command.RequiredVersion, ct);
}
