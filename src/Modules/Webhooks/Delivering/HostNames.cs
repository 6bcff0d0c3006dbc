using System.Net;

namespace Monolith.Webhooks.Delivering;

/// <summary>Finds the addresses of a host.</summary>
internal interface IHostNames
{
    Task<IPAddress[]> Resolve(string host, CancellationToken ct);
}

/// <summary>As the system knows them.</summary>
internal sealed class SystemHostNames : IHostNames
{
    public Task<IPAddress[]> Resolve(string host, CancellationToken ct) => Dns.GetHostAddressesAsync(host, ct);
}
