namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>What stands before the hosts: nginx with the configuration of ops where it is installed, elsewhere YARP, which asks the hosts whether they are ready.</summary>
internal abstract class Proxy : IAsyncDisposable
{
    public static async Task<Proxy> StartEither() => NginxProxy.Program is { } program ? await NginxProxy.Start(program) : await YarpProxy.Start();

    /// <summary>A client of it.</summary>
    public abstract HttpClient NewClient();

    /// <summary>Sends requests to these hosts from now on, which need not all be there.</summary>
    public abstract Task Use(params Uri[] hosts);

    public abstract ValueTask DisposeAsync();
}
