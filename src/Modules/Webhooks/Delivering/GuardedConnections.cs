using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;

namespace Monolith.Webhooks.Delivering;

/// <summary>
/// Connects to nothing but what <see cref="TargetRules"/> allows. The address that was looked at is the one that is connected to, so a name that leads elsewhere the next
/// time it is asked for gains nothing.
/// </summary>
internal sealed class GuardedConnections(TargetRules rules, IHostNames names)
{
    private const int LargestHeaders = 16; // KB

    /// <summary>A handler that follows no redirect, uses no proxy, keeps no cookie and tells the receiver nothing of our traces.</summary>
    public SocketsHttpHandler Handler() => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        MeterFactory = Unmeasured.Instance,
        MaxResponseHeadersLength = LargestHeaders,
        MaxResponseDrainSize = 0,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        ConnectCallback = Connect,
    };

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        IPAddress[] addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await names.Resolve(host, ct);
        if (addresses.Length == 0 || !Array.TrueForAll(addresses, rules.MayReach))
        {
            throw new TargetRefusedException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>
/// Keeps deliveries out of the metrics of outgoing HTTP, which are of the services that this host needs: a receiver that is down says nothing of them. What is to be told of deliveries is in
/// <see cref="DeliveryMetrics"/>.
/// </summary>
internal sealed class Unmeasured : IMeterFactory
{
    private readonly Meter meter = new("Unmeasured");

    private Unmeasured()
    {
    }

    public static Unmeasured Instance { get; } = new();

    public Meter Create(MeterOptions options) => meter;

    public void Dispose()
    {
    }
}

/// <summary>The target lies where nothing may be delivered to.</summary>
internal sealed class TargetRefusedException() : IOException("The host leads to an address that is not public.");
