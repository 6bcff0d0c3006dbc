using Monolith.Hosting;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.Tests.Hosts;

namespace Monolith.Webhooks.Tests;

public sealed class StartTests
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public void Outside_Development_a_host_refuses_to_deliver_to_private_targets(string environment)
    {
        var refused = Assert.Throws<InvalidSettingException>(() => WebhooksHost.Build("Host=localhost", environment, log: null, "--Webhooks:AllowPrivateTargets=true"));
        Assert.Contains("Webhooks:AllowPrivateTargets", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Otherwise_it_does_not(bool isDevelopment, bool allow) => new WebhookOptions { AllowPrivateTargets = allow }.Validate(isDevelopment);

    [Theory]
    [InlineData("--Webhooks:Timeout=00:02:00", "Timeout")]
    [InlineData("--Webhooks:RetryAfter:0=2.00:00:00", "RetryAfter")]
    [InlineData("--Webhooks:Retry=1", "Retry")]
    public void A_setting_that_is_wrong_is_named(string argument, string name) =>
        Assert.Contains(name, Assert.Throws<InvalidSettingException>(() => WebhooksHost.Build("Host=localhost", "Development", log: null, argument)).Message, StringComparison.Ordinal);
}
