using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Monolith.Hosting;

/// <summary>What only operators may do: the caller's token must have the role <c>operator</c>, everywhere.</summary>
internal static class OperatorAccess
{
    public const string Role = "operator";

    /// <summary>Who decides, for the record: as the token says.</summary>
    public static string NameOf(HttpContext http) => http.User.Identity is { IsAuthenticated: true, Name: { Length: > 0 } name } ? name : "an operator";
}

/// <summary>Lets only operators through.</summary>
internal sealed record NeedsOperator : IAuthorizeData
{
    public string? Policy { get; set; } = OperatorAccess.Role;

    public string? Roles { get; set; }

    public string? AuthenticationSchemes { get; set; }
}
