namespace Monolith.EventSourcing;

/// <summary>A unique key that an aggregate holds within its tenant and aggregate type, such as an email address.</summary>
/// <param name="Name">What is unique: <c>email</c>. A taken claim is refused with the code <c>{name}_taken</c>.</param>
/// <param name="Value">The value in its canonical form; compared byte by byte, so lower-case it where case does not matter. At most 512 characters.</param>
public readonly record struct Claim(string Name, string Value);

/// <summary>A state that holds claims. The repository writes what changed in the append's transaction, so a claim is safe under races.</summary>
public interface IClaimant
{
    /// <summary>The claims that this state holds; empty once they are given back.</summary>
    IEnumerable<Claim> Claims { get; }
}

/// <summary>The claims that an append takes and gives back.</summary>
/// <param name="Taken">Claims to take; one that another aggregate holds refuses the whole append.</param>
/// <param name="Released">Claims to give back.</param>
public sealed record ClaimChanges(IReadOnlyList<Claim> Taken, IReadOnlyList<Claim> Released)
{
    /// <summary>No change.</summary>
    public static ClaimChanges None { get; } = new([], []);

    /// <summary>Whether nothing changes.</summary>
    public bool IsEmpty => Taken.Count == 0 && Released.Count == 0;

    /// <summary>The difference between the claims of two states.</summary>
    public static ClaimChanges Between(IEnumerable<Claim> before, IEnumerable<Claim> after)
    {
        var had = new HashSet<Claim>(before);
        var has = new HashSet<Claim>(after);
        return had.SetEquals(has) ? None : new([.. has.Where(claim => !had.Contains(claim))], [.. had.Where(claim => !has.Contains(claim))]);
    }
}
