using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Domain;
using Monolith.Accounts.ReadModels;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>How far a transfer is: within moments of the last step.</summary>
/// <param name="TransferId">The transfer.</param>
public sealed record GetTransfer(Guid TransferId);

/// <summary>A transfer as callers see it.</summary>
/// <param name="Id">The transfer.</param>
/// <param name="Version">The version that this shows.</param>
/// <param name="Status">How far it is.</param>
/// <param name="From">The account that gives.</param>
/// <param name="To">The account that takes.</param>
/// <param name="Amount">How much.</param>
/// <param name="Currency">The currency, by ISO 4217.</param>
/// <param name="Reference">What it is for; may be empty.</param>
/// <param name="Reason">The code of why an account declined; null when none did.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="EndedAt">When it came to its end; null before.</param>
public sealed record TransferDetails(
    Guid Id,
    long Version,
    TransferStatus Status,
    Guid From,
    Guid To,
    decimal Amount,
    string Currency,
    string Reference,
    string? Reason,
    DateTimeOffset RequestedAt,
    DateTimeOffset? EndedAt)
{
    internal static TransferDetails Example { get; } = new(
        Guid.Parse("019a20b3-11aa-7b3c-8d4e-5f6071829304"), 4, TransferStatus.Completed, Guid.Parse("019a20b1-6984-7c76-8585-bd30e8f75b0a"), Guid.Parse("019a20b2-72f1-7d0a-9c55-0e4a5b8f6a11"),
        12.50m, "EUR", "rent", Reason: null, RequestedAt: new(2026, 1, 2, 9, 30, 0, TimeSpan.Zero), EndedAt: new(2026, 1, 2, 9, 30, 0, TimeSpan.Zero));

    internal static TransferDetails Of(TransferSummary view) => new(
        view.Id, view.Version, view.Status, view.From, view.To, view.Amount, view.Currency, view.Reference, view.Reason, view.RequestedAt, view.EndedAt);
}

internal static class GetTransferRoute
{
    internal static void MapGetTransfer(this RouteGroupBuilder routes) => routes
        .MapGet("/transfers/{id:guid}", async (Guid id, IMessageBus bus, CancellationToken ct) =>
        {
            var transfer = await bus.InvokeAsync<TransferDetails?>(new GetTransfer(id), ct);
            return Reply.View(transfer, transfer?.Version);
        })
        .ReadsFrom<TransferSummaries>()
        .WithSummary("Shows how far a transfer is")
        .WithAnswer(TransferDetails.Example);
}

/// <summary>Handles <see cref="GetTransfer"/>.</summary>
public static class GetTransferHandler
{
    /// <summary>The transfer, or null.</summary>
    public static async Task<TransferDetails?> Handle(GetTransfer query, IQuerySession session, CancellationToken ct) =>
        await session.LoadAsync<TransferSummary>(query.TransferId, ct) is { } view ? TransferDetails.Of(view) : null;
}
