using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Monolith.Hosting;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.Tests.Hosts;

namespace Monolith.Webhooks.Tests;

public sealed class StartTests
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public async Task Outside_Development_a_host_refuses_to_deliver_to_private_targets(string environment)
    {
        var start = new SafeStart(new() { AllowPrivateTargets = true }, new Named(environment));
        var refused = await Assert.ThrowsAsync<InvalidSettingException>(() => start.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Webhooks:AllowPrivateTargets", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Development", true)]
    [InlineData("Production", false)]
    public async Task Otherwise_it_starts(string environment, bool allow) =>
        await new SafeStart(new() { AllowPrivateTargets = allow }, new Named(environment)).StartAsync(TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("--Webhooks:Timeout=00:02:00", "Timeout")]
    [InlineData("--Webhooks:RetryAfter:0=2.00:00:00", "RetryAfter")]
    [InlineData("--Webhooks:Retry=1", "Retry")]
    public void A_setting_that_is_wrong_is_named(string argument, string name) =>
        Assert.Contains(name, Assert.Throws<InvalidSettingException>(() => WebhooksHost.Build("Host=localhost", "Development", log: null, argument)).Message, StringComparison.Ordinal);

    private sealed class Named(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "";

        public string ContentRootPath { get; set; } = "";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
