using System.Net;
using Monolith.Webhooks.Delivering;

namespace Monolith.Webhooks.Tests.Hosts;

/// <summary>Names that lead wherever a test wants.</summary>
internal sealed class Names : IHostNames
{
    public IPAddress[] Answer { get; set; } = [IPAddress.Loopback];

    public Task<IPAddress[]> Resolve(string host, CancellationToken ct) => Task.FromResult(Answer);
}
