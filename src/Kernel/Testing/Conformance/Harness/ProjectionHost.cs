using Microsoft.Extensions.Logging;
using Monolith.EventStore;
using Monolith.EventStore.Projections;

namespace Monolith.Testing.Conformance;

/// <summary>How a host that runs projections differs from the usual one.</summary>
public sealed record HostSetup
{
    /// <summary>How it runs them.</summary>
    public ProjectionOptions Options { get; init; } = ProjectionHosts.Quick;

    /// <summary>Changes the options of its store.</summary>
    public Action<EventStoreOptions>? Configure { get; init; }

    /// <summary>Whether its network can be cut, for tests of hosts that die or hang.</summary>
    public bool BehindRelay { get; init; }

    /// <summary>Where it logs.</summary>
    public ILoggerFactory? Loggers { get; init; }

    /// <summary>The projection of which it wants to hear when its read model changes, and who hears it.</summary>
    public (string Projection, Action<string?> Changed)? Watch { get; init; }

    /// <summary>Where it measures.</summary>
    public StoreMetrics? Metrics { get; init; }
}

/// <summary>A host that runs projections.</summary>
/// <param name="Runner">Its runner.</param>
/// <param name="Store">Its store.</param>
/// <param name="Network">Its network, where it can be cut.</param>
public sealed record ProjectionHost(ProjectionRunner Runner, PostgresEventStore Store, Relay? Network)
{
    /// <summary>The host dies: its sessions end at once, and nothing is ever heard of it again.</summary>
    public Task Kill() => Network!.DisposeAsync().AsTask();
}
