using System.Text.RegularExpressions;

namespace Monolith.EventStore;

/// <summary>What a tenant's id looks like.</summary>
public static partial class TenantIds
{
    /// <summary>Whether it is lower-case letters, digits and hyphens, beginning and ending with none of the latter, at most 63 characters.</summary>
    public static bool IsValid(string? tenantId) => tenantId is not null && Pattern().IsMatch(tenantId);

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
