using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>YARP in this process: in turn to those hosts that say they are ready. A request that a host does not answer goes back as 502.</summary>
internal sealed class YarpProxy : Proxy
{
    private static readonly RouteConfig[] Routes = [new() { RouteId = "all", ClusterId = "hosts", Match = new() { Path = "{**path}" } }];

    private readonly WebApplication app;

    private YarpProxy(Uri[] hosts)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddReverseProxy().LoadFromMemory(Routes, [Cluster(hosts)]);
        app = builder.Build();
        app.MapReverseProxy();
    }

    public static async Task<YarpProxy> Start(params Uri[] hosts)
    {
        var proxy = new YarpProxy(hosts);
        await proxy.app.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    public override HttpClient NewClient() => new() { BaseAddress = new(app.Urls.First()) };

    public override Task Use(params Uri[] hosts)
    {
        app.Services.GetRequiredService<InMemoryConfigProvider>().Update(Routes, [Cluster(hosts)]);
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => app.DisposeAsync();

    private static ClusterConfig Cluster(Uri[] hosts) => new()
    {
        ClusterId = "hosts",
        LoadBalancingPolicy = LoadBalancingPolicies.RoundRobin,
        Destinations = hosts.ToDictionary(host => host.Authority, host => new DestinationConfig { Address = host.ToString() }, StringComparer.Ordinal),
        HealthCheck = new()
        {
            Active = new()
            {
                Enabled = true,
                Interval = TimeSpan.FromMilliseconds(100),
                Timeout = TimeSpan.FromSeconds(2),
                Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures,
                Path = "/health/ready",
            },
        },
        Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [ConsecutiveFailuresHealthPolicyOptions.ThresholdMetadataName] = "1" },
    };
}
