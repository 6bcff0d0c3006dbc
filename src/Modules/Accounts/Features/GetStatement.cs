using System.Globalization;
using FluentValidation;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Monolith.Accounts.ReadModels;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>The movements of an account, newest first, a page at a time.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Before">Only movements before this version of the account; null to begin with the newest.</param>
/// <param name="PageSize">How many movements at the most.</param>
/// <param name="From">Only movements at or after this time; null for any.</param>
/// <param name="To">Only movements before this time; null for any.</param>
public sealed record GetStatement(Guid AccountId, long? Before, int PageSize, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>What makes the query valid.</summary>
public sealed class GetStatementValidator : AbstractValidator<GetStatement>
{
    /// <summary>The most movements on a page.</summary>
    public const int MaxPageSize = 100;

    /// <summary>The rules.</summary>
    public GetStatementValidator()
    {
        RuleFor(query => query.Before).Must(before => before is null or >= 1).WithMessage("A version is 1 or more.");
        RuleFor(query => query.PageSize).InclusiveBetween(1, MaxPageSize).WithMessage("A page has 1 to 100 movements.");
        RuleFor(query => query.To).Must((query, to) => to is null || query.From is null || to > query.From).WithMessage("A period ends after it begins.");
    }
}

/// <summary>A page of an account's statement.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Holder">Whose money it is.</param>
/// <param name="Currency">The currency of all amounts, by ISO 4217.</param>
/// <param name="Items">The movements, newest first, each with the balance after it.</param>
public sealed record Statement(Guid AccountId, string Holder, string Currency, IReadOnlyList<Movement> Items)
{
    /// <summary>Where the older movements are; null when there are none.</summary>
    public string? Next { get; init; }
}

internal static class GetStatementRoute
{
    private const int DefaultPageSize = 50;

    private static readonly Guid Example = Guid.Parse("019a20b1-6984-7c76-8585-bd30e8f75b0a");

    internal static void MapGetStatement(this RouteGroupBuilder routes) => routes
        .MapGet("/{id:guid}/statement", async (
            Guid id, long? before, int? pageSize, DateTimeOffset? from, DateTimeOffset? to, IMessageBus bus, CancellationToken ct) =>
            Reply.View(await bus.InvokeAsync<Statement?>(new GetStatement(id, before, pageSize ?? DefaultPageSize, from, to), ct)))
        .ReadsFrom<AccountSummaries>()
        .ReadsFrom<Statements>()
        .WithSummary("Shows the movements of an account, each with the balance after it")
        .WithDescription("Newest first, a page at a time; `next` leads to the older movements. `from` and `to` (ISO 8601 times, the second exclusive) narrow it to a period.")
        .WithAnswer(new Statement(
            Example, "Ada Lovelace", "EUR",
            [new(Guid.Parse("019a20b4-22bb-7c4d-9e5f-607182930415"), Example, 2, new(2026, 1, 2, 9, 30, 0, TimeSpan.Zero), MovementKind.Deposit, 25.50m, "salary", 25.50m)]));
}

/// <summary>Handles <see cref="GetStatement"/>.</summary>
public static class GetStatementHandler
{
    /// <summary>A page, or null when there is no such account.</summary>
    public static async Task<Statement?> Handle(GetStatement query, IQuerySession session, CancellationToken ct)
    {
        if (await session.LoadAsync<AccountSummary>(query.AccountId, ct) is not { } account)
        {
            return null;
        }

        // One more than the page shows tells whether there is a next page.
        var found = await Movements(query, session).Take(query.PageSize + 1).ToListAsync(ct);
        var page = found.Take(query.PageSize).ToList();
        return new(account.Id, account.Holder, account.Currency, page)
        {
            Next = found.Count > page.Count ? Link(query, page[^1].Version) : null,
        };
    }

    // Times of an account never run backward, so both orders are the same; each of them is that of an index.
    private static IQueryable<Movement> Movements(GetStatement query, IQuerySession session)
    {
        var movements = session.Query<Movement>().Where(movement => movement.AccountId == query.AccountId);
        if (query.Before is { } before)
        {
            movements = movements.Where(movement => movement.Version < before);
        }

        if (query.From is null && query.To is null)
        {
            return movements.OrderByDescending(movement => movement.Version);
        }

        var (from, to) = (query.From?.ToUniversalTime() ?? DateTimeOffset.MinValue, query.To?.ToUniversalTime() ?? DateTimeOffset.MaxValue);
        return movements
            .Where(movement => movement.At >= from && movement.At < to)
            .OrderByDescending(movement => movement.At)
            .ThenByDescending(movement => movement.Version);
    }

    private static string Link(GetStatement query, long before) =>
        QueryHelpers.AddQueryString($"/api/accounts/{query.AccountId}/statement", new Dictionary<string, string?>
        {
            ["before"] = $"{before}",
            ["pageSize"] = $"{query.PageSize}",
            ["from"] = query.From?.ToString("O", CultureInfo.InvariantCulture),
            ["to"] = query.To?.ToString("O", CultureInfo.InvariantCulture),
        });
}
