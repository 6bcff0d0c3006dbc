using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>Closes an account for good once it is empty; its summary and statement stay. Safe to repeat.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="RequiredVersion">The only version of the account to act on; null for whatever is there.</param>
public sealed record CloseAccount(Guid AccountId, long? RequiredVersion);

internal static class CloseAccountRoute
{
    internal static void MapCloseAccount(this RouteGroupBuilder routes) => routes
        .MapDelete("/{id:guid}", async (Guid id, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Deleted(await bus.InvokeAsync<Saved>(new CloseAccount(id, ifMatch.Version), ct)))
        .WithSummary("Closes an account")
        .WithDescription("Its balance must be zero. Nothing moves on a closed account any more; its summary and statement can still be read.")
        .Rejects("balance_not_zero", "account_frozen", "transfer_underway");
}

/// <summary>Handles <see cref="CloseAccount"/>.</summary>
public static class CloseAccountHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(CloseAccount command, AggregateRepository<Account> accounts, CancellationToken ct) =>
        accounts.Update(command.AccountId, account => account.Close(), command.RequiredVersion, ct);
}
