using Monolith.EndToEnd.Tests.Commands;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EndToEnd.Tests;

/// <summary>A database with an owner and an application that are roles of their own.</summary>
internal sealed class Roles(TestDatabase database) : IAsyncDisposable
{
    private const string Password = "of-tests";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public string OwnerRole => database.Name + "_owner";

    public string Owner => As(OwnerRole);

    public string ApplicationRole => database.Name + "_app";

    public string Application => As(ApplicationRole);

    public NpgsqlDataSource Superuser => database.DataSource;

    public string[] RoleSetting => [$"--EventStore:ApplicationRole={ApplicationRole}"];

    public string[] Settings => [$"--ConnectionStrings:Monolith={Application}", .. RoleSetting];

    public static async Task<Roles> Create(PostgresFixture postgres)
    {
        var roles = new Roles(await postgres.CreateDatabase(Ct));
        await roles.Prepare();
        await roles.Superuser.Execute($"alter role {roles.OwnerRole} password '{Password}'; alter role {roles.ApplicationRole} password '{Password}'", Ct);
        return roles;
    }

    /// <summary>The script, with names that no other test has.</summary>
    public async Task Prepare()
    {
        var script = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "ops", "postgres", "roles.sql"), Ct);
        await Superuser.Execute(
            script.Replace("monolith_owner", OwnerRole, StringComparison.Ordinal).Replace("monolith_app", ApplicationRole, StringComparison.Ordinal), Ct);
    }

    public async Task Migrate() => (await HostCommand.Run(Owner, ["migrate", .. RoleSetting])).ShouldEnd(0);

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private string As(string role) => new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = Password }.ConnectionString;
}
