using FluentValidation;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Monolith.Accounts.Integration;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>Opens an account, empty. Refused for an owner who is unknown, deactivated or deleted.</summary>
/// <param name="AccountId">The new account's id, so that a repeat opens no second one.</param>
/// <param name="Holder">Whose money it will be.</param>
/// <param name="Currency">The currency of all its amounts, by ISO 4217.</param>
/// <param name="Owner">The user it is for; null for none.</param>
public sealed record OpenAccount(Guid AccountId, string Holder, string Currency, Guid? Owner = null);

/// <summary>What makes the command valid.</summary>
public sealed class OpenAccountValidator : AbstractValidator<OpenAccount>
{
    private const int MaxHolderLength = 140;

    /// <summary>The rules.</summary>
    public OpenAccountValidator()
    {
        RuleFor(command => command.Holder)
            .Must(holder => !string.IsNullOrWhiteSpace(holder) && holder.Length <= MaxHolderLength && !holder.Any(char.IsControl))
            .WithMessage("A holder must have 1 to 140 characters, without control characters.");
        RuleFor(command => command.Currency)
            .Must(code => Contracts.Currency.TryParse(code, out _)).WithMessage("A currency must be a code of ISO 4217 in use, such as EUR.");
    }
}

internal static class OpenAccountRoute
{
    internal sealed record Body(string Holder, string Currency, Guid? Owner = null);

    internal static void MapOpenAccount(this RouteGroupBuilder routes) => routes
        .MapPost("/", async (Body body, IMessageBus bus, CancellationToken ct) =>
        {
            var command = new OpenAccount(Guid.CreateVersion7(), body.Holder, body.Currency, body.Owner);
            var saved = await bus.InvokeAsync<Saved>(command, ct);
            return Reply.Created(saved, $"/api/accounts/{saved.Id}");
        })
        .WithSummary("Opens an account")
        .WithDescription("The account is empty, and all its amounts are in one currency. With an `owner` it is for a user, and frozen while that user is deactivated or deleted. "
            + "A user who was created a moment ago is waited for; one who is not known by then is refused, and the request may be repeated.")
        .WithExample(new Body("Ada Lovelace", "EUR"))
        .Rejects("owner_unknown", "owner_inactive");
}

/// <summary>Handles <see cref="OpenAccount"/>.</summary>
public static class OpenAccountHandler
{
    /// <summary>Stores the new account.</summary>
    public static async Task<Saved> Handle(OpenAccount command, AggregateRepository<Account> accounts, IQuerySession session, TimeProvider time, CancellationToken ct)
    {
        if (command.Owner is { } owner)
        {
            await session.RequireActive(owner, time, ct);
        }

        var account = new Account(command.AccountId);
        account.Open(command.Holder.Trim(), Currency.Parse(command.Currency), command.Owner);
        return await accounts.Save(account, ct);
    }
}
