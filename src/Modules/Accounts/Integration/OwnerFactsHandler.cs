using Marten;
using Monolith.Contracts;
using Monolith.Users.Contracts.Events;

namespace Monolith.Accounts.Integration;

/// <summary>Keeps the copy of users, by what the Users module tells. Each fact may come again, and late.</summary>
public static class OwnerFactsHandler
{
    /// <summary>A user is there.</summary>
    public static Task<ReviewOwner> Handle(UserRegistered told, IDocumentSession session, CancellationToken ct) => Keep(OwnerStatus.Active, told.Origin, session, ct);

    /// <summary>A user may work again.</summary>
    public static Task<ReviewOwner> Handle(UserActivated told, IDocumentSession session, CancellationToken ct) => Keep(OwnerStatus.Active, told.Origin, session, ct);

    /// <summary>A user may not work for now.</summary>
    public static Task<ReviewOwner> Handle(UserDeactivated told, IDocumentSession session, CancellationToken ct) => Keep(OwnerStatus.Inactive, told.Origin, session, ct);

    /// <summary>A user is gone.</summary>
    public static Task<ReviewOwner> Handle(UserDeleted told, IDocumentSession session, CancellationToken ct) => Keep(OwnerStatus.Deleted, told.Origin, session, ct);

    /// <summary>The copy after one more fact: the newer of the two.</summary>
    public static Owner Hear(Owner? known, Owner told)
    {
        ArgumentNullException.ThrowIfNull(told);
        return known is not null && known.Version >= told.Version ? known : told;
    }

    // The review is sent when the copy is stored, so it and all that looks at the copy after it see the new one.
    private static async Task<ReviewOwner> Keep(OwnerStatus status, Origin origin, IDocumentSession session, CancellationToken ct)
    {
        session.Store(Hear(await session.LoadAsync<Owner>(origin.AggregateId, ct), new(origin.AggregateId, status, origin.Version)));
        return new(origin.AggregateId);
    }
}
