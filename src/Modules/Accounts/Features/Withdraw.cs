using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>Takes money out of an account, up to its balance and the agreed overdraft. Not safe to repeat without a required version.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Amount">How much, in the account's currency.</param>
/// <param name="Reference">What it is for; may be empty.</param>
/// <param name="RequiredVersion">The only version of the account to act on; null for whatever is there.</param>
public sealed record Withdraw(Guid AccountId, decimal Amount, string Reference, long? RequiredVersion);

/// <summary>What makes the command valid.</summary>
public sealed class WithdrawValidator : AbstractValidator<Withdraw>
{
    /// <summary>The rules.</summary>
    public WithdrawValidator()
    {
        RuleFor(command => command.Amount).Amount();
        RuleFor(command => command.Reference).Reference();
    }
}

internal static class WithdrawRoute
{
    internal sealed record Body(decimal Amount, string Reference = "");

    internal static void MapWithdraw(this RouteGroupBuilder routes) => routes
        .MapPost("/{id:guid}/withdrawals", async (Guid id, Body body, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(new Withdraw(id, body.Amount, body.Reference, ifMatch.Version), ct)))
        .WithSummary("Takes money out")
        .WithExample(new Body(30.50m, "rent"))
        .Rejects("insufficient_funds", "amount_too_fine", "account_closed", "account_archived", "account_frozen");
}

/// <summary>Handles <see cref="Withdraw"/>.</summary>
public static class WithdrawHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(Withdraw command, AggregateRepository<Account> accounts, CancellationToken ct) =>
        accounts.Update(command.AccountId, account => account.Withdraw(command.Amount, command.Reference), command.RequiredVersion, ct);
}
