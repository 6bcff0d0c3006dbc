using Monolith.EndToEnd.Tests.Commands;
using Monolith.EndToEnd.Tests.Processes;
using Monolith.EndToEnd.Tests.Security;
using Monolith.Testing;

namespace Monolith.EndToEnd.Tests.Deployment;

/// <summary>
/// What compose.yaml starts, without containers: a database with the two roles, and the published host with the variables and the secrets of its services. Paths, passwords and the
/// names of roles are those of a test.
/// </summary>
internal sealed class Deployed : IAsyncDisposable
{
    private readonly HostFolder folder = new();
    private readonly TestAuthority authority;
    private readonly Roles database;

    private Deployed(TestAuthority authority, Roles database) => (this.authority, this.database) = (authority, database);

    public TestAuthority Authority => authority;

    public Roles Database => database;

    /// <summary>With the roles, and not migrated.</summary>
    public static async Task<Deployed> Create(PostgresFixture postgres) => new(await TestAuthority.Start(), await Roles.Create(postgres));

    /// <summary>Runs a command as a service would.</summary>
    public async Task<HostCommand> Run(string service, params string[] words) => await HostCommand.Run((await Variables(service)).Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)), words);

    /// <summary>Starts a host as a service, with these variables too.</summary>
    public async Task<HostProcess> Start(string service, params (string Name, string Value)[] more)
    {
        var variables = await Variables(service);
        variables["SSL_CERT_FILE"] = authority.CertificateFile;
        foreach (var (name, value) in more)
        {
            variables[name] = value;
        }

        return await HostProcess.Start(variables);
    }

    public async ValueTask DisposeAsync()
    {
        await authority.DisposeAsync();
        await database.DisposeAsync();
        folder.Dispose();
    }

    private async Task<Dictionary<string, string>> Variables(string service)
    {
        var secrets = Directory.CreateDirectory(Path.Combine(folder.Path, service)).FullName;
        foreach (var (name, path) in ComposeFile.Secrets(service))
        {
            await File.WriteAllBytesAsync(Here(path, secrets), await ContentOf(name));
        }

        var given = new Dictionary<string, string>(StringComparer.Ordinal) { ["MONOLITH_AUTHORITY"] = authority.Address, ["MONOLITH_AUDIENCE"] = TestAuthority.Audience };
        var variables = ComposeFile.Environment(service, given).ToDictionary(pair => pair.Key, pair => Here(pair.Value, secrets), StringComparer.Ordinal);
        variables["KeyPerFile__Directory"] = secrets;
        return variables;
    }

    private string Here(string value, string secrets) => value
        .Replace("/run/secrets", secrets, StringComparison.Ordinal)
        .Replace("monolith_app", database.ApplicationRole, StringComparison.Ordinal) switch
    {
        "/keys" => Path.Combine(folder.Path, "keys"),
        var other => other,
    };

    private async Task<byte[]> ContentOf(string secret) => secret switch
    {
        "owner-connection" => System.Text.Encoding.UTF8.GetBytes(database.Owner),
        "app-connection" => System.Text.Encoding.UTF8.GetBytes(database.Application),
        "certificate" => await File.ReadAllBytesAsync(ProductionSettings.CertificateFile),
        "certificate-password" => System.Text.Encoding.UTF8.GetBytes(ProductionSettings.Password),
        var other => throw new InvalidOperationException($"What is in the secret {other}?"),
    };
}
