using Monolith.Hosting;
using Monolith.Testing;
using Monolith.Webhooks.Tests.Hosts;

namespace Monolith.Webhooks.Tests;

public sealed class StartTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Production", "KeyDirectory", "")]
    [InlineData("Production", "AllowPrivateTargets", "--Webhooks:AllowPrivateTargets=true")]
    [InlineData("Staging", "AllowPrivateTargets", "--Webhooks:AllowPrivateTargets=true")]
    public async Task Outside_Development_a_host_refuses_what_is_for_developers(string environment, string setting, string argument)
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await using (var migrating = WebhooksHost.Build(database.ConnectionString, "Development", log: null))
        {
            await migrating.PrepareDatabase(Ct);
        }

        await using var host = WebhooksHost.Build(database.ConnectionString, environment, log: null, argument.Length == 0 ? [] : [argument]);
        var refused = await Assert.ThrowsAsync<InvalidSettingException>(() => host.StartAsync(Ct));
        Assert.Contains($"Webhooks:{setting}", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Webhooks:Timeout=00:02:00", "Timeout")]
    [InlineData("--Webhooks:RetryAfter:0=2.00:00:00", "RetryAfter")]
    [InlineData("--Webhooks:Retry=1", "Retry")]
    public void A_setting_that_is_wrong_is_named(string argument, string name) =>
        Assert.Contains(name, Assert.Throws<InvalidSettingException>(() => WebhooksHost.Build("Host=localhost", "Development", log: null, argument)).Message, StringComparison.Ordinal);
}
