using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Monolith.Host.Commands;
using Monolith.Hosting;

namespace Monolith.EndToEnd.Tests;

/// <summary>Tokens as the command <c>token</c> prints them: every host in Development on this machine believes them.</summary>
internal static class Tokens
{
    private static readonly Lazy<DevelopmentIssuer> Issuer = new(() => DevelopmentIssuer.Open());
    private static readonly ConcurrentDictionary<(string Tenant, string User, bool IsOperator), string> Issued = new();

    /// <summary>What all modules of the host declare.</summary>
    public static IReadOnlyList<string> Permissions { get; } =
    [
        .. typeof(TokenCommand).Assembly.GetReferencedAssemblies()
            .Where(assembly => assembly.Name!.StartsWith("Monolith.", StringComparison.Ordinal))
            .SelectMany(assembly => System.Reflection.Assembly.Load(assembly).GetExportedTypes())
            .Where(type => type.IsSubclassOf(typeof(Module)) && !type.IsAbstract)
            .SelectMany(type => ((Module)Activator.CreateInstance(type)!).Permissions),
    ];

    /// <summary>A token with every permission.</summary>
    public static string For(string tenant, string user = "tester", bool isOperator = false) => Issued.GetOrAdd(
        (tenant, user, isOperator),
        _ => Issuer.Value.Issue(tenant, user, Permissions, isOperator ? ["operator"] : []));

    /// <summary>The same, as the value of <c>Authorization</c>.</summary>
    public static AuthenticationHeaderValue Bearer(string tenant, string user = "tester", bool isOperator = false) => new("Bearer", For(tenant, user, isOperator));

    /// <summary>The same, as a header of a request in these tests.</summary>
    public static (string Name, string Value) Header(string tenant, string user = "tester", bool isOperator = false) =>
        ("Authorization", $"Bearer {For(tenant, user, isOperator)}");
}
