using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.Users.Domain;
using Wolverine;

namespace Monolith.Users.Features;

/// <summary>What happened to a user, newest first; also of a deleted one.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Before">Only what happened before this version; null to begin with the newest.</param>
/// <param name="PageSize">How many entries at the most.</param>
public sealed record GetHistory(Guid UserId, long? Before, int PageSize);

/// <summary>What makes the query valid.</summary>
public sealed class GetHistoryValidator : AbstractValidator<GetHistory>
{
    /// <summary>The most entries on a page.</summary>
    public const int MaxPageSize = 100;

    /// <summary>The rules.</summary>
    public GetHistoryValidator()
    {
        RuleFor(query => query.Before).Must(before => before is null or >= 2).WithMessage("Nothing lies before version 1: give 2 or more.");
        RuleFor(query => query.PageSize).InclusiveBetween(1, MaxPageSize).WithMessage("A page has 1 to 100 entries.");
    }
}

/// <summary>A page of a user's history.</summary>
/// <param name="Items">What happened, newest first.</param>
public sealed record UserHistory(IReadOnlyList<HistoryEntry> Items)
{
    /// <summary>Where the older entries are; null when there are none.</summary>
    public string? Next { get; init; }
}

/// <summary>One thing that happened to a user.</summary>
/// <param name="Version">The version that it made.</param>
/// <param name="At">When.</param>
/// <param name="By">Who gave the command, or null when nobody said.</param>
/// <param name="What">The stored name of the event, <c>user.email_changed</c>.</param>
/// <param name="Values">What the event set, by field; never a password or its hash.</param>
public sealed record HistoryEntry(long Version, DateTimeOffset At, string? By, string What, IReadOnlyDictionary<string, string?> Values);

internal static class GetHistoryRoute
{
    private const int DefaultPageSize = 20;

    internal static void MapGetHistory(this RouteGroupBuilder routes) => routes
        .MapGet("/{id:guid}/history", async (Guid id, long? before, int? pageSize, IMessageBus bus, CancellationToken ct) =>
        {
            var query = new GetHistory(id, before, pageSize ?? DefaultPageSize);
            var history = await bus.InvokeAsync<UserHistory?>(query, ct);
            return Reply.View(history is { Items: [.., { Version: > 1 } oldest] } ? history with { Next = Link(query, oldest) } : history);
        })
        .WithSummary("Shows what happened to a user: who, when, what")
        .WithDescription("Newest first, a page at a time; `next` leads to the older entries. A deleted user keeps their history.")
        .WithAnswer(new UserHistory([new(2, new(2026, 1, 2, 9, 30, 0, TimeSpan.Zero), "ada", "user.email_changed", new Dictionary<string, string?> { ["email"] = "ada@lovelace.org" })]));

    private static string Link(GetHistory query, HistoryEntry oldest) =>
        $"/api/users/{query.UserId}/history?before={oldest.Version}&pageSize={query.PageSize}";
}

/// <summary>Handles <see cref="GetHistory"/>.</summary>
public static class GetHistoryHandler
{
    /// <summary>A page of the history, or null when there is no such user.</summary>
    public static async Task<UserHistory?> Handle(GetHistory query, IEventStore store, DomainModel model, CancellationToken ct)
    {
        var stream = new StreamId(OperationContext.Current.TenantId, model.Aggregate(typeof(User)).Name, query.UserId);
        var range = new StreamRange { Backward = true, ToVersion = (query.Before ?? long.MaxValue) - 1, Limit = query.PageSize };
        var items = new List<HistoryEntry>();
        await foreach (var envelope in store.Read(stream, range, ct))
        {
            items.Add(new(envelope.Version, envelope.RecordedAt, envelope.Metadata.UserId, envelope.EventType, Values(envelope.Event)));
        }

        // Something lies before any version above 1, so an empty page means that there is no such user.
        return items.Count > 0 ? new(items) : null;
    }

    // Named one by one, so that a field of a later event is not shown before somebody thought of it.
    private static Dictionary<string, string?> Values(object @event) => @event switch
    {
        UserCreated e => new() { ["email"] = e.Email, ["username"] = e.Username, ["firstName"] = e.FirstName, ["lastName"] = e.LastName },
        EmailChanged e => new() { ["email"] = e.Email },
        ProfileUpdated e => new() { ["firstName"] = e.FirstName, ["lastName"] = e.LastName, ["avatarUrl"] = e.AvatarUrl },
        _ => [],
    };
}
