using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>Lets the balance of an account go below zero, down to a limit. Safe to repeat.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Limit">How far below zero, in the account's currency; 0 for not at all.</param>
/// <param name="RequiredVersion">The only version of the account to act on; null for whatever is there.</param>
public sealed record AgreeOverdraft(Guid AccountId, decimal Limit, long? RequiredVersion);

/// <summary>What makes the command valid.</summary>
public sealed class AgreeOverdraftValidator : AbstractValidator<AgreeOverdraft>
{
    /// <summary>The rules.</summary>
    public AgreeOverdraftValidator() => RuleFor(command => command.Limit)
        .Must(limit => limit is >= 0m and <= Account.MaxAmount).WithMessage("An overdraft must be 0 to 1000000000000.");
}

internal static class AgreeOverdraftRoute
{
    internal sealed record Body(decimal Limit);

    internal static void MapAgreeOverdraft(this RouteGroupBuilder routes) => routes
        .MapPut("/{id:guid}/overdraft", async (Guid id, Body body, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(new AgreeOverdraft(id, body.Limit, ifMatch.Version), ct)))
        .WithSummary("Agrees how far below zero the balance may go")
        .WithDescription("0 takes the agreement back. The balance must not be below what is agreed.")
        .WithExample(new Body(500m))
        .Rejects("overdraft_in_use", "amount_too_fine", "account_closed", "account_archived");
}

/// <summary>Handles <see cref="AgreeOverdraft"/>.</summary>
public static class AgreeOverdraftHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(AgreeOverdraft command, AggregateRepository<Account> accounts, CancellationToken ct) =>
        accounts.Update(command.AccountId, account => account.AgreeOverdraft(command.Limit), command.RequiredVersion, ct);
}
