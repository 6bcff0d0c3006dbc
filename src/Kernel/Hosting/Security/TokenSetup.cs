using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Microsoft.Net.Http.Headers;

namespace Monolith.Hosting;

/// <summary>Who may do what: bearer tokens of the authority, and a policy for every permission that a module declares.</summary>
internal static class TokenSetup
{
    private const string Scheme = JwtBearerDefaults.AuthenticationScheme;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    // Only those whose key to verify is not the key to sign: with HS256 the authority's public key would be a secret that everybody knows.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    public static void AddTokens(this IServiceCollection services, TokenOptions options, IHostEnvironment environment, ModuleSet modules)
    {
        services.AddSingleton(options);
        services.AddSingleton(new TokenPermissions(modules.Permissions));
        services.AddAuthentication(Scheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(Scheme).Configure<IServiceProvider>((bearer, provider) =>
        {
            Configure(bearer, options);
            if (options.TrustsDevelopmentIssuer(environment))
            {
                Believe(bearer, provider.GetRequiredService<DevelopmentIssuer>());
            }
        });
        if (options.TrustsDevelopmentIssuer(environment))
        {
            services.AddSingleton(_ => DevelopmentIssuer.Open(options.DevelopmentKey));
        }

        services.AddAuthorization(authorization =>
        {
            foreach (var permission in modules.Permissions)
            {
                authorization.AddPolicy(permission, policy => policy.RequireAuthenticatedUser().RequireAssertion(caller => Has(caller.User, permission)));
            }

            authorization.AddPolicy(OperatorAccess.Role, policy => policy.RequireAuthenticatedUser().RequireRole(OperatorAccess.Role));
        });

        bool Has(System.Security.Claims.ClaimsPrincipal user, string permission) =>
            user.FindAll(options.PermissionClaim).Any(claim => claim.Value.Split(' ').Contains(permission, StringComparer.Ordinal));
    }

    private static void Configure(JwtBearerOptions bearer, TokenOptions options)
    {
        bearer.Authority = options.Authority;
        bearer.Audience = options.Audience;
        bearer.RequireHttpsMetadata = true;
        bearer.MapInboundClaims = false;
        bearer.SaveToken = false;
        bearer.TokenValidationParameters = new()
        {
            ValidAlgorithms = Algorithms,
            ValidAudience = options.Audience,
            NameClaimType = JwtRegisteredClaimNames.Sub,
            RoleClaimType = options.RoleClaim,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ValidateIssuerSigningKey = true,
            ClockSkew = ClockSkew,
        };
        bearer.Events = new() { OnChallenge = Challenge, OnForbidden = Forbid };
    }

    private static void Believe(JwtBearerOptions bearer, DevelopmentIssuer issuer)
    {
        bearer.Audience = DevelopmentIssuer.Audience;
        bearer.TokenValidationParameters.ValidAudience = DevelopmentIssuer.Audience;
        bearer.TokenValidationParameters.ValidIssuer = DevelopmentIssuer.Name;
        bearer.TokenValidationParameters.IssuerSigningKey = issuer.Key;
    }

    private static Task Challenge(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        var (code, detail) = context.AuthenticateFailure switch
        {
            null => ("unauthenticated", "The request says not who sends it: send a token, Authorization: Bearer …."),
            SecurityTokenExpiredException => ("token_expired", "The token is no longer valid: get a new one."),
            _ => ("invalid_token", "The token is not valid here."),
        };
        context.Response.Headers[HeaderNames.WWWAuthenticate] = context.AuthenticateFailure is null ? "Bearer" : """Bearer error="invalid_token" """.TrimEnd();
        return new Problem(StatusCodes.Status401Unauthorized, code, detail).Write(context.HttpContext);
    }

    private static Task Forbid(ForbiddenContext context)
    {
        var metadata = context.HttpContext.GetEndpoint()?.Metadata;
        var needed = metadata?.GetMetadata<NeedsPermission>()?.Permission;
        if (needed is not null)
        {
            context.Response.Headers[HeaderNames.WWWAuthenticate] = $"""Bearer error="insufficient_scope", scope="{needed}" """.TrimEnd();
        }

        return new Problem(
            StatusCodes.Status403Forbidden, "forbidden", needed is null ? $"The sender has not the role {OperatorAccess.Role}." : $"The token has not the permission {needed}.")
            .Write(context.HttpContext);
    }
}
