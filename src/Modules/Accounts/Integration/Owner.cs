namespace Monolith.Accounts.Integration;

/// <summary>What Accounts keeps of a user of the Users module: whether accounts may be opened for them. Nothing by which a person could be told.</summary>
/// <param name="Id">The user.</param>
/// <param name="Status">Whether the user may work.</param>
/// <param name="Version">The version of the user with the last fact heard. An older one that comes late changes nothing.</param>
public sealed record Owner(Guid Id, OwnerStatus Status, long Version);

/// <summary>Whether a user may work.</summary>
public enum OwnerStatus
{
    /// <summary>The user may.</summary>
    Active,

    /// <summary>Not for now.</summary>
    Inactive,

    /// <summary>Never again. Kept, so that an earlier fact that comes late does not bring the user back.</summary>
    Deleted,
}
