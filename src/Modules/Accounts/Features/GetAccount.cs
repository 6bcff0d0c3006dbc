using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Domain;
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
        .WithSummary("Shows an account at a glance")
        .WithAnswer(new AccountSummary(
            Guid.Parse("019a20b1-6984-7c76-8585-bd30e8f75b0a"), 3, "Ada Lovelace", Owner: null, "EUR", 25.50m, 0.00m, AccountStatus.Open, FrozenFor: [],
            OpenedAt: new(2026, 1, 2, 9, 30, 0, TimeSpan.Zero), LastMovementAt: new(2026, 1, 2, 9, 30, 0, TimeSpan.Zero)));
}

/// <summary>Handles <see cref="GetAccount"/>.</summary>
public static class GetAccountHandler
{
    /// <summary>The account, or null.</summary>
    public static Task<AccountSummary?> Handle(GetAccount query, IQuerySession session, CancellationToken ct) =>
        session.LoadAsync<AccountSummary>(query.AccountId, ct);
}
