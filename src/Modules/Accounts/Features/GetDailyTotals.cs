using FluentValidation;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Contracts;
using Monolith.Accounts.ReadModels;
using Monolith.Hosting;
using Wolverine;

namespace Monolith.Accounts.Features;

/// <summary>What moved on all accounts of the tenant, by day and currency.</summary>
/// <param name="From">The first day, by UTC.</param>
/// <param name="To">The last day.</param>
/// <param name="Currency">Only this currency, by ISO 4217; null for all.</param>
public sealed record GetDailyTotals(DateOnly From, DateOnly To, string? Currency);

/// <summary>What makes the query valid.</summary>
public sealed class GetDailyTotalsValidator : AbstractValidator<GetDailyTotals>
{
    /// <summary>The most days that one answer has.</summary>
    public const int MaxDays = 31;

    /// <summary>The rules.</summary>
    public GetDailyTotalsValidator()
    {
        RuleFor(query => query.To)
            .Must((query, to) => to >= query.From && to.DayNumber - query.From.DayNumber < MaxDays).WithMessage("A period has 1 to 31 days.");
        RuleFor(query => query.Currency)
            .Must(code => code is null || Contracts.Currency.TryParse(code, out _)).WithMessage("A currency must be a code of ISO 4217 in use, such as EUR.");
    }
}

/// <summary>What moved in a period.</summary>
/// <param name="From">The first day, by UTC.</param>
/// <param name="To">The last day.</param>
/// <param name="Items">A line for each day and currency on which something moved, newest day first.</param>
public sealed record TotalsOfPeriod(DateOnly From, DateOnly To, IReadOnlyList<DailyTotal> Items);

internal static class GetDailyTotalsRoute
{
    internal static void MapGetDailyTotals(this RouteGroupBuilder routes) => routes
        .MapGet("/totals", async (DateOnly? from, DateOnly? to, string? currency, TimeProvider time, IMessageBus bus, CancellationToken ct) =>
        {
            var last = to ?? from?.AddDays(GetDailyTotalsValidator.MaxDays - 1) ?? DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
            return Reply.View(await bus.InvokeAsync<TotalsOfPeriod>(
                new GetDailyTotals(from ?? last.AddDays(1 - GetDailyTotalsValidator.MaxDays), last, currency), ct));
        })
        .ReadsFrom<DailyTotals>()
        .WithSummary("Shows what moved on all accounts, by day and currency")
        .WithDescription("Days are those of UTC. At most 31 days, the last ones unless said otherwise.")
        .WithAnswer(new TotalsOfPeriod(
            new(2026, 1, 1), new(2026, 1, 31), [new(new(2026, 1, 2), "EUR", Deposited: 25.50m, Withdrawn: 0.00m, Sent: 12.50m, Received: 12.50m, Returned: 0.00m, Movements: 3)]));
}

/// <summary>Handles <see cref="GetDailyTotals"/>.</summary>
public static class GetDailyTotalsHandler
{
    /// <summary>The lines of the period.</summary>
    public static async Task<TotalsOfPeriod> Handle(GetDailyTotals query, IQuerySession session, CancellationToken ct)
    {
        var currency = query.Currency is { } code ? Currency.Parse(code).Code : null;
        return new(query.From, query.To, await session.AdvancedSql.QueryAsync<DailyTotal>(DailyTotals.Select, ct, session.TenantId, query.From, query.To, currency!));
    }
}
