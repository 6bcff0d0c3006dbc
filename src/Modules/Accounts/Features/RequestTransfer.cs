using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Domain;
using Monolith.Accounts.Transfers;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>Asks for money to be moved from one account to another. Safe to repeat with the same id.</summary>
/// <param name="TransferId">The new transfer's id, so that a repeat moves nothing twice.</param>
/// <param name="From">The account that gives.</param>
/// <param name="To">The account that takes.</param>
/// <param name="Amount">How much, in the currency of both.</param>
/// <param name="Reference">What it is for; may be empty.</param>
public sealed record RequestTransfer(Guid TransferId, Guid From, Guid To, decimal Amount, string Reference);

/// <summary>What makes the command valid.</summary>
public sealed class RequestTransferValidator : AbstractValidator<RequestTransfer>
{
    /// <summary>The rules.</summary>
    public RequestTransferValidator()
    {
        RuleFor(command => command.TransferId).NotEmpty().WithName("id").WithMessage("An id is a UUID other than zero.");
        RuleFor(command => command.Amount).Amount();
        RuleFor(command => command.Reference).Reference();
    }
}

internal static class RequestTransferRoute
{
    internal sealed record Body(Guid From, Guid To, decimal Amount, string Reference = "", Guid? Id = null);

    internal static void MapRequestTransfer(this RouteGroupBuilder routes) => routes
        .MapPost("/transfers", async (Body body, IMessageBus bus, CancellationToken ct) =>
        {
            var command = new RequestTransfer(body.Id ?? Guid.CreateVersion7(), body.From, body.To, body.Amount, body.Reference);
            var saved = await bus.InvokeAsync<Saved>(command, ct);
            return Reply.Created(saved, $"/api/accounts/transfers/{saved.Id}");
        })
        .WithSummary("Asks for money to be moved to another account")
        .WithDescription(
            "The transfer is made and then runs by itself; where `Location` points, its `status` says how far it is. It ends as `completed`, as `refused` when "
            + "the money does not leave the one account, or as `compensated` when the other account does not take it and it has gone back. Who chooses the `id` may "
            + "repeat the request: the same transfer runs once.")
        .WithExample(new Body(Guid.Parse("019a20b1-6984-7c76-8585-bd30e8f75b0a"), Guid.Parse("019a20b2-72f1-7d0a-9c55-0e4a5b8f6a11"), 30.50m, "rent"))
        .Rejects("unknown_account", "same_account", "currency_mismatch", "amount_too_fine", "account_archived", "transfer_exists");
}

/// <summary>Handles <see cref="RequestTransfer"/>.</summary>
public static class RequestTransferHandler
{
    private static readonly Rejection UnknownAccount = new("unknown_account", "There is no such account.");
    private static readonly Rejection OtherTransfer = new("transfer_exists", "There is another transfer of this id.");

    /// <summary>Stores the request; the rest is <see cref="TransferProcess"/>'s.</summary>
    public static async Task<Saved> Handle(
        RequestTransfer command, AggregateRepository<Transfer> transfers, AggregateRepository<Account> accounts, TransferOptions options, TimeProvider time, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (await transfers.Find(command.TransferId, ct: ct) is { } known)
        {
            return Repeated(known, command);
        }

        var from = await accounts.Find(command.From, ct: ct) ?? throw new RejectedException(UnknownAccount);
        var to = await accounts.Find(command.To, ct: ct) ?? throw new RejectedException(UnknownAccount);
        var transfer = new Transfer(command.TransferId);
        transfer.Request(
            new(command.From, command.To, command.Amount, from.State.Currency, command.Reference), from, to, time.GetUtcNow() + options.TransferTimeout);
        try
        {
            return await transfers.Save(transfer, ct);
        }
        catch (ConcurrencyException)
        {
            return Repeated(await transfers.Load(command.TransferId, ct: ct), command);
        }
    }

    private static Saved Repeated(Transfer known, RequestTransfer command)
    {
        var terms = known.State.Terms!;
        return terms == new TransferTerms(command.From, command.To, command.Amount, terms.Currency, command.Reference)
            ? new(known.Id, known.Version, 0)
            : throw new RejectedException(OtherTransfer);
    }
}
