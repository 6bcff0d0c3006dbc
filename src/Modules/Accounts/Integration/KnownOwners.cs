using Marten;
using Monolith.EventSourcing;

namespace Monolith.Accounts.Integration;

/// <summary>Asks the copy of users whether accounts may be opened for one.</summary>
internal static class KnownOwners
{
    private static readonly Rejection Unknown = new("owner_unknown", "No such user is known here. One who was created a moment ago may be yet: the request may be repeated.");
    private static readonly Rejection Inactive = new("owner_inactive", "This user is deactivated or deleted.");

    // A user who was created a moment ago is still on the way here: 1.5 s are many times what the way takes.
    private static readonly TimeSpan[] Pauses = [.. new[] { 20, 30, 50, 100, 200, 400, 700 }.Select(milliseconds => TimeSpan.FromMilliseconds(milliseconds))];

    /// <summary>Returns when the user is known and may work; an unknown one is waited for, for a moment.</summary>
    /// <exception cref="RejectedException">The user is unknown, deactivated or deleted.</exception>
    public static async Task RequireActive(this IQuerySession session, Guid userId, TimeProvider time, CancellationToken ct)
    {
        var owner = await session.LoadAsync<Owner>(userId, ct);
        for (var attempt = 0; owner is null && attempt < Pauses.Length; attempt++)
        {
            await Task.Delay(Pauses[attempt], time, ct);
            owner = await session.LoadAsync<Owner>(userId, ct);
        }

        if (owner is not { Status: OwnerStatus.Active })
        {
            throw new RejectedException(owner is null ? Unknown : Inactive);
        }
    }
}
