namespace Monolith.Architecture.Tests;

/// <summary>What one project references, and which foreign assemblies its code may use beside the base library.</summary>
internal sealed record Row(string Project, string[] Projects, string[] Packages, string[] Frameworks, string Assemblies);

/// <summary>
/// Every project of src. A new reference is a decision: it is made here and, where it crosses a line, in <c>build/References.targets</c> too.
/// </summary>
internal static class ReferenceTable
{
    private const string EventSourcing = "src/Kernel/EventSourcing/Monolith.EventSourcing.csproj";
    private const string Contracts = "src/Kernel/Contracts/Monolith.Contracts.csproj";
    private const string EventStore = "src/Kernel/EventStore/Monolith.EventStore.csproj";
    private const string Hosting = "src/Kernel/Hosting/Monolith.Hosting.csproj";
    private const string EmbeddedPostgres = "src/Kernel/EmbeddedPostgres/Monolith.EmbeddedPostgres.csproj";
    private const string Testing = "src/Kernel/Testing/Monolith.Testing.csproj";
    private const string Users = "src/Modules/Users/Monolith.Users.csproj";
    private const string UsersContracts = "src/Modules/Users/Contracts/Monolith.Users.Contracts.csproj";
    private const string Accounts = "src/Modules/Accounts/Monolith.Accounts.csproj";
    private const string AccountsContracts = "src/Modules/Accounts/Contracts/Monolith.Accounts.Contracts.csproj";
    private const string Webhooks = "src/Modules/Webhooks/Monolith.Webhooks.csproj";
    private const string WebhooksContracts = "src/Modules/Webhooks/Contracts/Monolith.Webhooks.Contracts.csproj";
    private const string Host = "src/Host/Monolith.Host.csproj";
    private const string DistributedLock = "build/stand-ins/Patched.DistributedLock.Postgres/Patched.DistributedLock.Postgres.csproj";
    private const string AspNetCore = "Microsoft.AspNetCore.App";

    // Npgsql is missing on purpose: a module has its data from the store and from documents.
    private const string ModuleAssemblies = @"^Monolith\.(Contracts|EventSourcing|EventStore|Hosting)$|^Monolith\.[^.]+\.Contracts$|^Microsoft\.(AspNetCore|Extensions|Net|OpenApi)(\.|$)|^Marten$|^Wolverine$|^FluentValidation$|^JasperFx|^Weasel\.";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        new(Contracts, [], [], [], "^$"),
        new(EventSourcing, [], [], [], "^$"),
        new(
            EventStore,
            [EventSourcing],
            ["Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options", "Npgsql"],
            [],
            @"^Monolith\.EventSourcing$|^Npgsql$|^Microsoft\.Extensions\."),
        new(EmbeddedPostgres, [], ["Microsoft.Extensions.Logging.Abstractions", "Npgsql"], [], @"^Npgsql$|^Microsoft\.Extensions\.|^Microsoft\.Win32\."),
        new(
            Hosting,
            [Contracts, DistributedLock, EventStore],
            ["FluentValidation", "Marten", "Microsoft.AspNetCore.Authentication.JwtBearer", "Microsoft.AspNetCore.OpenApi", "Microsoft.Extensions.Caching.Hybrid", "WolverineFx", "WolverineFx.Marten"],
            [AspNetCore],
            @"^Monolith\.(Contracts|Event(Sourcing|Store))$|^Npgsql$|^Microsoft\.(AspNetCore|Extensions|IdentityModel|Net|OpenApi)(\.|$)|^Marten$|^Wolverine(\.|$)|^FluentValidation$|^JasperFx|^Weasel\."),
        new(
            Testing,
            [Contracts, EmbeddedPostgres, EventStore],
            ["CsCheck", "Testcontainers.PostgreSql", "xunit.v3.assert", "xunit.v3.extensibility.core"],
            [],
            @"^Monolith\.(Contracts|EventSourcing|EventStore|EmbeddedPostgres)$|^Npgsql$|^Microsoft\.Extensions\.|^xunit\.v3\.|^CsCheck$|^Testcontainers|^Docker\."),
        new(UsersContracts, [Contracts], [], [], @"^Monolith\.Contracts$"),
        new(Users, [Hosting, UsersContracts], [], [AspNetCore], ModuleAssemblies),
        new(AccountsContracts, [Contracts], [], [], @"^Monolith\.Contracts$"),
        new(Accounts, [Hosting, AccountsContracts, UsersContracts], [], [AspNetCore], ModuleAssemblies),
        new(WebhooksContracts, [Contracts], [], [], @"^Monolith\.Contracts$"),

        // Its metrics count the deliveries of all tenants, which no session of one tenant does.
        new(Webhooks, [Hosting, WebhooksContracts], [], [AspNetCore], ModuleAssemblies + "|^Npgsql$"),
        new(
            Host,
            [EmbeddedPostgres, Hosting, Accounts, Users, Webhooks],
            [
                "Microsoft.CodeAnalysis.CSharp",
                "Npgsql.OpenTelemetry",
                "OpenTelemetry.Exporter.OpenTelemetryProtocol",
                "OpenTelemetry.Exporter.Prometheus.AspNetCore",
                "OpenTelemetry.Extensions.Hosting",
                "OpenTelemetry.Instrumentation.AspNetCore",
                "OpenTelemetry.Instrumentation.Runtime",
                "Scalar.AspNetCore",
                "WolverineFx.RuntimeCompilation",
            ],
            [],
            ".*"),
    ];
}
