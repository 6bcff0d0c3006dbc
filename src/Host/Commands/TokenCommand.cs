using System.Globalization;
using JasperFx.CommandLine;
using Monolith.EventStore;
using Monolith.Hosting;

namespace Monolith.Host.Commands;

/// <summary>What <c>token</c> takes.</summary>
public sealed class TokenInput : OperatorInput
{
    /// <summary>The tenant.</summary>
    [Description("The tenant to work for; demo unless it is given")]
    public string TenantFlag { get; set; } = StartUp.DemoTenant;

    /// <summary>The user.</summary>
    [Description("Who works, as events will say; developer unless it is given")]
    public string UserFlag { get; set; } = "developer";

    /// <summary>The permissions.</summary>
    [Description("What the token permits, with commas between: users:read,accounts:write. Everything that the modules know unless it is given")]
    public string? ScopeFlag { get; set; }

    /// <summary>The roles.</summary>
    [Description("The roles, with commas between: operator. None unless it is given")]
    public string? RoleFlag { get; set; }

    /// <summary>How long it is valid.</summary>
    [Description("How long it is valid: 30m, 8h, 2d; 8 hours unless it is given, at most 30 days")]
    public string LifetimeFlag { get; set; } = "8h";
}

/// <summary>Prints a token of the machine's own issuer.</summary>
[Description("Prints a token that a host in Development believes, signed with this machine's own key. Does not run elsewhere", Name = "token")]
public sealed class TokenCommand : OperatorCommand<TokenInput>
{
    /// <inheritdoc/>
    protected override Task<ExitCode> Run(TokenInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var known = Get<TokenPermissions>(input).All;
        if (input.Services.GetService<DevelopmentIssuer>() is not { } issuer)
        {
            throw new UsageException("Tokens are issued in Development only, and when no Authentication:Authority is configured: elsewhere the authority issues them.");
        }

        var permissions = input.ScopeFlag is { } scope ? List(scope) : known;
        var roles = List(input.RoleFlag ?? "");
        if (!TenantIds.IsValid(input.TenantFlag))
        {
            throw new UsageException($"'{input.TenantFlag}' is not a tenant id: lower-case letters, digits and hyphens inside, at most 63 characters.");
        }

        if (permissions.Except(known, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        {
            throw new UsageException($"'{unknown}' is no permission here. There are {string.Join(", ", known)}.");
        }

        var lifetime = Lifetime(input.LifetimeFlag);
        var token = issuer.Issue(input.TenantFlag, input.UserFlag, permissions, roles, lifetime);
        input.Answer.Write(
            new { token, tenant = input.TenantFlag, user = input.UserFlag, permissions, roles, expiresAt = DateTimeOffset.UtcNow + lifetime },
            token);
        return Task.FromResult(ExitCode.Done);
    }

    private static string[] List(string words) => words.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static TimeSpan Lifetime(string text)
    {
        var lifetime = text.Length > 1 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 100_000
            ? text[^1] switch
            {
                's' => TimeSpan.FromSeconds(number),
                'm' => TimeSpan.FromMinutes(number),
                'h' => TimeSpan.FromHours(number),
                'd' => TimeSpan.FromDays(number),
                _ => TimeSpan.Zero,
            }
            : TimeSpan.Zero;
        return lifetime > TimeSpan.Zero && lifetime <= DevelopmentIssuer.LongestLifetime
            ? lifetime
            : throw new UsageException($"'{text}' is no lifetime of a token: say 30m, 8h or 2d, at most 30d.");
    }
}
