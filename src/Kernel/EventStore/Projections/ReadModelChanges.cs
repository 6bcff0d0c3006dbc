using System.Collections.Concurrent;
using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>
/// Tells that read models have changed: at the commit on the host that projects, and on all others by a notice, at most one in 25 ms a host. For caches. A notice that
/// is lost is lost, so whoever relies on them also needs a bound in time. Safe for concurrent use.
/// </summary>
public sealed class ReadModelChanges
{
    private readonly ConcurrentDictionary<string, Action<string?>> watchers = new(StringComparer.Ordinal);
    private readonly Feed feed;

    /// <summary>The changes of the read models that are fed by a feed.</summary>
    public ReadModelChanges(Feed feed)
    {
        ArgumentNullException.ThrowIfNull(feed);
        this.feed = feed;
        feed.HearOfViews(Heard);
    }

    /// <summary>Calls back whenever a read model has changed. All hosts have to watch it: one that does not tells nobody.</summary>
    /// <param name="projection">The name of the projection that writes it.</param>
    /// <param name="changed">
    /// Given the tenant whose rows have changed; null when those of any may have: it was rebuilt, or notices may have been missed. Must not block or throw.
    /// </param>
    public void Watch(string projection, Action<string?> changed)
    {
        ArgumentNullException.ThrowIfNull(projection);
        ArgumentNullException.ThrowIfNull(changed);
        watchers.AddOrUpdate(projection, changed, (_, others) => others + changed);
    }

    internal void Changed(string projection, IReadOnlyList<EventEnvelope> events)
    {
        if (watchers.TryGetValue(projection, out var watcher))
        {
            var tenants = events.Select(envelope => envelope.TenantId).Distinct(StringComparer.Ordinal).ToList();
            tenants.ForEach(tenant => watcher(tenant));
            feed.TellOfViews(tenants.ConvertAll(tenant => new ViewChange(projection, tenant)));
        }
    }

    internal void Replaced(string projection, string? tenantId = null)
    {
        if (watchers.TryGetValue(projection, out var watcher))
        {
            watcher(tenantId);
            feed.TellOfViews([new(projection, tenantId)]);
        }
    }

    private void Heard(ViewChange change)
    {
        foreach (var (projection, watcher) in watchers)
        {
            if (change.Projection is null || change.Projection == projection)
            {
                watcher(change.TenantId);
            }
        }
    }
}
