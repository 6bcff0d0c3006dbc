using Marten;
using Monolith.Accounts.Domain;
using Monolith.Accounts.ReadModels;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Told = Monolith.Accounts.Contracts.Events;

namespace Monolith.Accounts.Integration;

/// <summary>Freezes the accounts of a user who may not work, and takes that back for one who may. Safe to repeat.</summary>
/// <param name="UserId">The user.</param>
public sealed record ReviewOwner(Guid UserId);

/// <summary>Handles <see cref="ReviewOwner"/>, for all accounts of a user, and a new account, for that one.</summary>
/// <remarks>
/// An account may be opened while its owner is being deactivated. The read model by which accounts are found is waited for, up to the end of the feed at this
/// moment, at which the copy of the owner is stored already; so an account that it lacks was stored later, and the review of the new account comes later still
/// and sees that copy. Each review ends by looking whether the copy is still the one that it went by, so of two at once the last writes what is true.
/// </remarks>
public static class ReviewOwnerHandler
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Reviews all accounts of a user.</summary>
    public static async Task Handle(
        ReviewOwner command, IQuerySession session, AggregateRepository<Account> accounts, Feed feed, ProjectionRunner projections, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(feed);
        ArgumentNullException.ThrowIfNull(projections);
        await projections.WaitFor(AccountSummaries.ProjectionName, session.TenantId, await feed.Refresh(ct), Patience, ct);
        var owned = await session.Query<AccountSummary>().Where(account => account.Owner == command.UserId).Select(account => account.Id).ToListAsync(ct);
        await Follow(command.UserId, owned, session, accounts, ct);
    }

    /// <summary>Reviews an account that was opened for a user.</summary>
    public static Task Handle(Told.AccountOpened told, IQuerySession session, AggregateRepository<Account> accounts, CancellationToken ct) =>
        told.Owner is { } owner ? Follow(owner, [told.AccountId], session, accounts, ct) : Task.CompletedTask;

    /// <summary>Reviews an account that is back from the archive, where it followed nobody.</summary>
    public static async Task Handle(Told.AccountRestored told, IQuerySession session, AggregateRepository<Account> accounts, ProjectionRunner projections, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(projections);
        await projections.WaitFor(AccountSummaries.ProjectionName, session.TenantId, told.Origin.Position, Patience, ct);
        if (await session.LoadAsync<AccountSummary>(told.AccountId, ct) is { Owner: { } owner })
        {
            await Follow(owner, [told.AccountId], session, accounts, ct);
        }
    }

    private static async Task Follow(Guid userId, IReadOnlyList<Guid> owned, IQuerySession session, AggregateRepository<Account> accounts, CancellationToken ct)
    {
        Owner? followed = null;
        while (owned.Count > 0 && await session.LoadAsync<Owner>(userId, ct) is { } owner && owner != followed)
        {
            foreach (var account in owned)
            {
                await Follow(account, owner, accounts, ct);
            }

            followed = owner;
        }
    }

    // What is in the archive can say nothing; it is reviewed when it is back.
    private static async Task Follow(Guid account, Owner owner, AggregateRepository<Account> accounts, CancellationToken ct)
    {
        try
        {
            await accounts.Update(account, one => one.FollowOwner(owner.Status == OwnerStatus.Active), ct: ct);
        }
        catch (AggregateArchivedException)
        {
        }
    }
}
