using System.Net;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.Tests.Hosts;

namespace Monolith.Webhooks.Tests.Delivering;

/// <summary>What counts is the address that is connected to, whatever the name was when somebody looked before.</summary>
public sealed class ConnectionTests : IAsyncLifetime
{
    private readonly Receiver receiver = new();
    private readonly Names names = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await receiver.Start();

    public async ValueTask DisposeAsync() => await receiver.DisposeAsync();

    [Fact]
    public async Task A_name_that_leads_inside_is_refused_and_nothing_arrives()
    {
        names.Answer = [IPAddress.Loopback];
        await Refused("http://rebound.example");
    }

    [Fact]
    public async Task A_name_that_leads_outside_and_inside_is_refused()
    {
        names.Answer = [IPAddress.Parse("8.8.8.8"), IPAddress.IPv6Loopback];
        await Refused("http://both.example");
    }

    [Theory]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://2130706433")]
    [InlineData("http://[::ffff:127.0.0.1]")]
    public async Task An_address_inside_is_refused_in_whatever_form(string url) => await Refused(url);

    [Fact]
    public async Task A_redirect_is_an_answer_and_is_not_followed()
    {
        names.Answer = [IPAddress.Loopback];
        receiver.Answer = _ => (302, "http://169.254.169.254/");
        using var client = Client(allowPrivate: true);
        using var answer = await client.GetAsync(new Uri($"http://redirects.example:{receiver.Port}/"), Ct);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Single(receiver.Requests);
    }

    private async Task Refused(string host)
    {
        using var client = Client(allowPrivate: false);
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"{host}:{receiver.Port}/"), Ct));

        Assert.IsType<TargetRefusedException>(refused.InnerException);
        Assert.Empty(receiver.Requests);
    }

    private HttpClient Client(bool allowPrivate) => new(new GuardedConnections(new(new() { AllowPrivateTargets = allowPrivate }), names).Handler());
}
