using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using FluentValidation;
using Marten;
using Marten.Pagination;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Monolith.Hosting;
using Monolith.Users.Domain;
using Monolith.Users.ReadModels;
using Wolverine;

namespace Monolith.Users.Features;

/// <summary>Users in the order of their usernames, a page at a time.</summary>
/// <param name="Page">Which page, from 1.</param>
/// <param name="PageSize">How many users a page has at the most.</param>
/// <param name="Search">Only users whose username, email address or names contain this, whatever the case; null for all.</param>
public sealed record ListUsers(int Page, int PageSize, string? Search);

/// <summary>What makes the query valid.</summary>
public sealed class ListUsersValidator : AbstractValidator<ListUsers>
{
    /// <summary>The most users on a page.</summary>
    public const int MaxPageSize = 100;

    private const int MaxPage = 100_000;
    private const int MaxSearchLength = 100;

    /// <summary>The rules.</summary>
    public ListUsersValidator()
    {
        RuleFor(query => query.Page).InclusiveBetween(1, MaxPage).WithMessage("A page is a number from 1 to 100000.");
        RuleFor(query => query.PageSize).InclusiveBetween(1, MaxPageSize).WithMessage("A page has 1 to 100 users.");
        RuleFor(query => query.Search).MaximumLength(MaxSearchLength).WithMessage("A search has at most 100 characters.");
    }
}

/// <summary>One page of users. Never changed, so all readers may share one.</summary>
/// <param name="Items">The users of the page.</param>
/// <param name="Page">Which page it is, from 1.</param>
/// <param name="PageSize">How many users a page has at the most.</param>
/// <param name="Total">How many users there are on all pages.</param>
[ImmutableObject(true)]
public sealed record UserPage(IReadOnlyList<UserDetails> Items, int Page, int PageSize, long Total)
{
    /// <summary>Where the page before this one is; null on the first.</summary>
    public string? Previous { get; init; }

    /// <summary>Where the next page is; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>The user with an email address or a username, whatever the case.</summary>
/// <param name="Email">The email address, or null.</param>
/// <param name="Username">The username, or null.</param>
public sealed record FindUser(string? Email, string? Username);

/// <summary>What makes the query valid.</summary>
public sealed class FindUserValidator : AbstractValidator<FindUser>
{
    /// <summary>The rules.</summary>
    public FindUserValidator()
    {
        RuleFor(query => query.Email).Length(1, EmailAddress.MaxLength).WithMessage("An email address has 1 to 254 characters.");
        RuleFor(query => query.Username)
            .Length(1, Username.MaxLength).WithMessage("A username has 1 to 32 characters.")
            .Must((query, username) => username is null != query.Email is null).WithMessage("Give either an email address or a username.");
    }
}

internal static class ListUsersRoute
{
    private const string Path = "/api/users";
    private const int DefaultPageSize = 20;

    internal static void MapListUsers(this RouteGroupBuilder routes) => routes
        .MapGet("/", async Task<IResult> (
            string? email, string? username, string? search, int? page, int? pageSize, IMessageBus bus, CancellationToken ct) =>
        {
            if (email is not null || username is not null)
            {
                var user = await bus.InvokeAsync<UserDetails?>(new FindUser(email, username), ct);
                return Reply.View(user, user?.Version);
            }

            var users = await bus.InvokeAsync<UserPage>(new ListUsers(page ?? 1, pageSize ?? DefaultPageSize, search), ct);
            return Reply.View(WithLinks(users, search));
        })
        .Produces<UserPage>()
        .ReadsFrom<UserProfiles>()
        .WithSummary("Lists users, or finds the one with an email address or username")
        .WithDescription(
            "A page of users in the order of their usernames, all or those that match `search`. With `email` or `username`: that one user, "
            + "as `GET /api/users/{id}` shows them, or 404.")
        .WithAnswer(new UserPage([UserDetails.Example], Page: 1, DefaultPageSize, Total: 21) { Next = "/api/users?page=2&pageSize=20" });

    private static UserPage WithLinks(UserPage page, string? search) => page with
    {
        Previous = page.Page > 1 ? Link(page.Page - 1, page.PageSize, search) : null,
        Next = (long)page.Page * page.PageSize < page.Total ? Link(page.Page + 1, page.PageSize, search) : null,
    };

    private static string Link(int page, int pageSize, string? search) => QueryHelpers.AddQueryString(Path, new Dictionary<string, string?>
    {
        ["page"] = $"{page}",
        ["pageSize"] = $"{pageSize}",
        ["search"] = search,
    });
}

/// <summary>Handles <see cref="ListUsers"/>.</summary>
public static class ListUsersHandler
{
    /// <summary>One page, empty past the last.</summary>
    [SuppressMessage("Globalization", "CA1308", Justification = "Compared with documents in lower case.")]
    public static async Task<UserPage> Handle(ListUsers query, ReadModelCache cache, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(cache);
        var term = query.Search?.Trim().ToLowerInvariant() ?? "";
        return await cache.Get<UserProfiles, UserPage>($"page {query.Page} of {query.PageSize}: {term}", (session, ct) => Find(query, term, session, ct), ct);
    }

    private static async Task<UserPage> Find(ListUsers query, string term, IQuerySession session, CancellationToken ct)
    {
        IQueryable<UserProfile> profiles = session.Query<UserProfile>();
        if (term.Length > 0)
        {
            profiles = profiles.Where(profile => profile.SearchText.Contains(term));
        }

        var page = await profiles
            .OrderBy(profile => profile.UsernameKey)
            .ToPagedListAsync(query.Page, query.PageSize, useCountQuery: true, ct);
        return new([.. page.Select(UserDetails.Of)], query.Page, query.PageSize, page.TotalItemCount);
    }
}

/// <summary>Handles <see cref="FindUser"/>.</summary>
public static class FindUserHandler
{
    /// <summary>The user, or null.</summary>
    public static async Task<UserDetails?> Handle(FindUser query, IQuerySession session, CancellationToken ct)
    {
        IQueryable<UserProfile> profiles = session.Query<UserProfile>();
        if (query.Email is not null)
        {
            var email = EmailAddress.Canonical(query.Email);
            profiles = profiles.Where(profile => profile.EmailKey == email);
        }
        else
        {
            var username = Username.Canonical(query.Username!);
            profiles = profiles.Where(profile => profile.UsernameKey == username);
        }

        return await profiles.FirstOrDefaultAsync(ct) is { } found ? UserDetails.Of(found) : null;
    }
}
