using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Monolith.Testing;

namespace Monolith.Hosting.Tests.Security;

public sealed class ProductionRulesTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Production", 4)]
    [InlineData("Staging", 4)]
    [InlineData("Development", 0)]
    public void Outside_Development_every_default_of_a_developers_machine_is_a_mistake(string environment, int mistakes) =>
        Assert.Equal(mistakes, Mistakes(environment).Count);

    [Fact]
    public void A_development_key_is_one_too()
    {
        var mistakes = Mistakes("Production", ("Authentication:Authority", "https://login.example.com"), ("Authentication:Audience", "notes"), ("Authentication:DevelopmentKey", "key.pem"));

        Assert.Contains(mistakes, mistake => mistake.StartsWith("Authentication:DevelopmentKey", StringComparison.Ordinal));
        Assert.DoesNotContain(mistakes, mistake => mistake.StartsWith("Authentication:Audience", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Authentication:Authority", "http://login.example.com", "https")]
    [InlineData("Authentication:Audience", " ", "Audience")]
    [InlineData("Authentication:TenantClaim", "", "TenantClaim")]
    [InlineData("Authentication:Authorty", "https://login.example.com", "Authorty")]
    [InlineData("Secrets:CertificateFile", "/nowhere/at/all.pfx", "CertificateFile")]
    public void What_is_malformed_is_named_everywhere(string setting, string value, string named) =>
        Assert.Contains(named, Assert.Throws<InvalidSettingException>(() => Mistakes("Production", (setting, value))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task The_kernel_starts_no_host_that_breaks_them()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await using var host = NotesHost.Build(database.ConnectionString, "Production");

        var refused = await Assert.ThrowsAsync<InvalidSettingException>(() => host.StartAsync(Ct));

        Assert.Equal(4, refused.Message.Split(Environment.NewLine).Length);
    }

    [Fact]
    public async Task Secrets_that_one_host_encrypts_another_reads_and_the_keys_lie_encrypted()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        var keys = Directory.CreateTempSubdirectory("monolith-keys-");
        try
        {
            string[] settings = [.. NotesHost.ProductionSettings, $"--Secrets:KeyFolder={keys.FullName}"];
            await using var one = NotesHost.Build(database.ConnectionString, "Production", log: null, settings);
            await using var other = NotesHost.Build(database.ConnectionString, "Production", log: null, settings);
            var secret = one.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test").Protect("whsec_of_ada");

            Assert.Equal("whsec_of_ada", other.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test").Unprotect(secret));
            var key = await File.ReadAllTextAsync(Assert.Single(keys.GetFiles()).FullName, Ct);
            Assert.Contains("EncryptedData", key, StringComparison.Ordinal);
            Assert.DoesNotContain("masterKey", key, StringComparison.Ordinal);
        }
        finally
        {
            keys.Delete(recursive: true);
        }
    }

    private static IReadOnlyList<string> Mistakes(string environment, params (string Name, string Value)[] settings) => ProductionRules.Mistakes(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build(),
        new HostingEnvironment { EnvironmentName = environment });
}
