using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.ReadModels;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>An account at a glance: within moments of the last change.</summary>
/// <param name="AccountId">The account.</param>
public sealed record GetAccount(Guid AccountId);

internal static class GetAccountRoute
{
    internal static void MapGetAccount(this RouteGroupBuilder routes) => routes
        .MapGet("/{id:guid}", async (Guid id, IMessageBus bus, CancellationToken ct) =>
        {
            var account = await bus.InvokeAsync<AccountSummary?>(new GetAccount(id), ct);
            return Reply.View(account, account?.Version);
        })
        .ReadsFrom<AccountSummaries>()
        .WithSummary("Shows an account at a glance");
}

/// <summary>Handles <see cref="GetAccount"/>.</summary>
public static class GetAccountHandler
{
    /// <summary>The account, or null.</summary>
    public static Task<AccountSummary?> Handle(GetAccount query, IQuerySession session, CancellationToken ct) =>
        session.LoadAsync<AccountSummary>(query.AccountId, ct);
}
