using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>Puts money into an account. Not safe to repeat without a required version.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Amount">How much, in the account's currency.</param>
/// <param name="Reference">What it is for; may be empty.</param>
/// <param name="RequiredVersion">The only version of the account to act on; null for whatever is there.</param>
public sealed record Deposit(Guid AccountId, decimal Amount, string Reference, long? RequiredVersion);

/// <summary>What makes the command valid.</summary>
public sealed class DepositValidator : AbstractValidator<Deposit>
{
    /// <summary>The rules.</summary>
    public DepositValidator()
    {
        RuleFor(command => command.Amount).Amount();
        RuleFor(command => command.Reference).Reference();
    }
}

internal static class DepositRoute
{
    internal sealed record Body(decimal Amount, string Reference = "");

    internal static void MapDeposit(this RouteGroupBuilder routes) => routes
        .MapPost("/{id:guid}/deposits", async (Guid id, Body body, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(new Deposit(id, body.Amount, body.Reference, ifMatch.Version), ct)))
        .WithSummary("Puts money in")
        .WithExample(new Body(100m, "salary"))
        .Rejects("amount_too_fine", "account_closed", "account_archived", "account_frozen");
}

/// <summary>Handles <see cref="Deposit"/>.</summary>
public static class DepositHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(Deposit command, AggregateRepository<Account> accounts, CancellationToken ct) =>
        accounts.Update(command.AccountId, account => account.Deposit(command.Amount, command.Reference), command.RequiredVersion, ct);
}
