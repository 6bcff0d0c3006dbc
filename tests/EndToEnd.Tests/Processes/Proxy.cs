namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>What stands before the hosts: nginx with the configuration of ops where it is installed, elsewhere YARP, which asks the hosts whether they are ready.</summary>
internal abstract class Proxy : IAsyncDisposable
{
    /// <summary>Starts it before these hosts.</summary>
    public static async Task<Proxy> StartEither(params Uri[] hosts) => NginxProxy.Program is { } program ? await NginxProxy.Start(program, hosts) : await YarpProxy.Start(hosts);

    /// <summary>A client of it.</summary>
    public abstract HttpClient NewClient();

    /// <summary>Sends requests to these hosts soon, which need not all be there: nginx answers by what it was told before until it has read its configuration again.</summary>
    public abstract Task Use(params Uri[] hosts);

    public abstract ValueTask DisposeAsync();
}
