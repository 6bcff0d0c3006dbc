using FluentValidation;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Monolith.Accounts.Domain;
using Monolith.Accounts.ReadModels;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>Transfers, newest first, a page at a time.</summary>
/// <param name="Status">Only those that are this far; null for all.</param>
/// <param name="Before">Only those asked for before this place in the feed; null to begin with the newest.</param>
/// <param name="PageSize">How many transfers at the most.</param>
public sealed record ListTransfers(TransferStatus? Status, long? Before, int PageSize);

/// <summary>What makes the query valid.</summary>
public sealed class ListTransfersValidator : AbstractValidator<ListTransfers>
{
    /// <summary>The most transfers on a page.</summary>
    public const int MaxPageSize = 100;

    /// <summary>The rules.</summary>
    public ListTransfersValidator()
    {
        RuleFor(query => query.Before).Must(before => before is null or >= 1).WithMessage("A place in the feed is 1 or more.");
        RuleFor(query => query.PageSize).InclusiveBetween(1, MaxPageSize).WithMessage("A page has 1 to 100 transfers.");
    }
}

/// <summary>A page of transfers.</summary>
/// <param name="Items">The transfers, newest first.</param>
public sealed record TransferPage(IReadOnlyList<TransferDetails> Items)
{
    /// <summary>Where the older transfers are; null when there are none.</summary>
    public string? Next { get; init; }
}

internal static class ListTransfersRoute
{
    private const int DefaultPageSize = 50;

    internal static void MapListTransfers(this RouteGroupBuilder routes) => routes
        .MapGet("/transfers", async (string? status, long? before, int? pageSize, IMessageBus bus, CancellationToken ct) =>
            Reply.View(await bus.InvokeAsync<TransferPage>(new ListTransfers(Parse(status), before, pageSize ?? DefaultPageSize), ct)))
        .ReadsFrom<TransferSummaries>()
        .WithSummary("Lists transfers, those of one status or all")
        .WithDescription(
            "Newest first, a page at a time; `next` leads to the older ones. A `status` is `requested`, `debited`, `credited`, `returning`, `completed`, `refused` "
            + "or `compensated`.")
        .WithAnswer(new TransferPage([TransferDetails.Example]) { Next = "/api/accounts/transfers?before=42&pageSize=50" });

    internal static string Write(TransferStatus status) => status.ToString().ToLowerInvariant();

    private static TransferStatus? Parse(string? status) => status switch
    {
        null => null,
        _ when Enum.GetValues<TransferStatus>().Where(known => known != TransferStatus.None && Write(known) == status).ToList() is [var known] => known,
        _ => throw new ValidationException([new("status", "A status is one of requested, debited, credited, returning, completed, refused, compensated.")]),
    };
}

/// <summary>Handles <see cref="ListTransfers"/>.</summary>
public static class ListTransfersHandler
{
    /// <summary>A page.</summary>
    public static async Task<TransferPage> Handle(ListTransfers query, IQuerySession session, CancellationToken ct)
    {
        var before = query.Before ?? long.MaxValue;
        var transfers = session.Query<TransferSummary>().Where(transfer => transfer.Position < before);
        if (query.Status is { } status)
        {
            transfers = transfers.Where(transfer => transfer.Status == status);
        }

        // One more than the page shows tells whether there is a next page.
        var found = await transfers.OrderByDescending(transfer => transfer.Position).Take(query.PageSize + 1).ToListAsync(ct);
        var page = found.Take(query.PageSize).ToList();
        return new([.. page.Select(TransferDetails.Of)])
        {
            Next = found.Count > page.Count ? Link(query, page[^1].Position) : null,
        };
    }

    private static string Link(ListTransfers query, long before) => QueryHelpers.AddQueryString("/api/accounts/transfers", new Dictionary<string, string?>
    {
        ["status"] = query.Status is { } status ? ListTransfersRoute.Write(status) : null,
        ["before"] = $"{before}",
        ["pageSize"] = $"{query.PageSize}",
    });
}
