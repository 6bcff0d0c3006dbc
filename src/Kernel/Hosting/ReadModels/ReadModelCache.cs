using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Marten;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Hosting;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Hosting;

/// <summary>
/// Keeps answers of queries in memory until the projection that they are read from has changed rows of the tenant, on whichever host, and never longer than
/// <see cref="ReadModelOptions.CachedFor"/>. A module says with <see cref="ModuleBuilder.CacheReadsOf"/> which it uses it for. Safe for concurrent use.
/// </summary>
/// <remarks>
/// <para>
/// The host that projects forgets at the commit, the others when they hear of it, some 25 ms later; where that is lost, the time alone counts. A query that has waited for a position, see
/// <see cref="ReadYourWrites"/>, goes past the cache.
/// </para>
/// <para>
/// To forget is to count a generation up that is part of the key: so an answer whose query began before a change is found by nobody who asks after it, and nobody joins
/// such a query. Removing entries, by key or by tag, would miss what is still on its way. What cannot be found any more goes when its time is up.
/// </para>
/// <para>
/// It pays for answers that cost much and change seldom: any change of the tenant's rows forgets all answers of that tenant that are read from that projection.
/// </para>
/// </remarks>
public sealed class ReadModelCache : IHostedService
{
    /// <summary>The name of the meter of the hit rate.</summary>
    public const string MeterName = "Monolith.ReadModels";

    private readonly HybridCache cache;
    private readonly IDocumentStore documents;
    private readonly ProjectionCatalog catalog;
    private readonly ReadModelChanges changes;
    private readonly IEnumerable<CachedReads> cached;
    private readonly HybridCacheEntryOptions? entries;
    private readonly Counter<long> reads;
    private readonly ConcurrentDictionary<Type, string> names = new();
    private readonly ConcurrentDictionary<string, long> generations = new(StringComparer.Ordinal);

    /// <summary>A cache for the declared projections.</summary>
    public ReadModelCache(
        HybridCache cache,
        IDocumentStore documents,
        ProjectionCatalog catalog,
        ReadModelChanges changes,
        ReadModelOptions options,
        IEnumerable<CachedReads> cached,
        IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(meters);
        (this.cache, this.documents, this.catalog, this.changes, this.cached) = (cache, documents, catalog, changes, cached);
        entries = options.CachedFor == TimeSpan.Zero ? null : new()
        {
            Expiration = options.CachedFor,
            LocalCacheExpiration = options.CachedFor,

            // Each host forgets by itself, so nothing may come back from elsewhere.
            Flags = HybridCacheEntryFlags.DisableDistributedCache,
        };
        reads = meters.Create(MeterName).CreateCounter<long>(
            "monolith.read_model.cache.reads", "{read}", "Answers asked of the cache, by projection and by what came of it: hit, miss, or bypassed.");
    }

    /// <summary>The answer of a query: from memory, or from the query itself.</summary>
    /// <typeparam name="TProjection">The projection that writes what the query reads.</typeparam>
    /// <typeparam name="TAnswer">The answer. Mark it <c>[ImmutableObject(true)]</c> if it is, or every reader gets a copy.</typeparam>
    /// <param name="key">What tells this answer from others of the tenant, such as the values of the query. The tenant is added.</param>
    /// <param name="query">
    /// The query, given a session of the tenant. All who wait for the same answer share it, so it must not use what belongs to one of them, such as the session of a handler.
    /// </param>
    /// <param name="ct">Ends the wait; the query ends when nobody waits for it any more.</param>
    /// <exception cref="InvalidModelException">No module says that it caches reads of the projection.</exception>
    public async ValueTask<TAnswer> Get<TProjection, TAnswer>(string key, Func<IQuerySession, CancellationToken, Task<TAnswer>> query, CancellationToken ct = default)
        where TProjection : Projection
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(query);
        if (!names.TryGetValue(typeof(TProjection), out var projection))
        {
            throw new InvalidModelException($"No module caches reads of {typeof(TProjection).FullName}: say so with {nameof(ModuleBuilder.CacheReadsOf)}.");
        }

        var tenant = OperationContext.Current.TenantId;
        var asked = new Asked<TAnswer>(documents, tenant, query);
        if (entries is null || ReadYourWrites.HasWaited)
        {
            Count(projection, "bypassed");
            return await asked.Ask(ct);
        }

        var full = $"{projection}/{tenant}/{generations.GetValueOrDefault(projection)}.{generations.GetValueOrDefault(Of(projection, tenant))}/{key}";
        var answer = await cache.GetOrCreateAsync(full, asked, static (asked, ct) => asked.Ask(ct), entries, tags: null, ct);
        Count(projection, asked.Was ? "miss" : "hit");
        return answer;
    }

    /// <summary>Begins to listen for changes.</summary>
    /// <exception cref="InvalidModelException">A module caches reads of a projection that is not registered, or is inline.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var type in cached.Select(reads => reads.Projection).Distinct())
        {
            var projection = catalog.All.FirstOrDefault(projection => projection.GetType() == type)
                ?? throw new InvalidModelException($"Reads of {type.FullName} are to be cached, and no module registers it.");
            if (projection.IsInline)
            {
                throw new InvalidModelException($"Reads of '{projection.Name}' are to be cached, and it is inline: a view that must never lag is not kept.");
            }

            changes.Watch(projection.Name, tenant => Forget(tenant is null ? projection.Name : Of(projection.Name, tenant)));
            names[type] = projection.Name;
        }

        return Task.CompletedTask;
    }

    /// <summary>Does nothing: what is kept goes with the process.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string Of(string projection, string tenant) => $"{projection}/{tenant}";

    private void Forget(string what) => generations.AddOrUpdate(what, 1, (_, generation) => generation + 1);

    private void Count(string projection, string result) => reads.Add(1, new("projection", projection), new("result", result));

    private sealed class Asked<TAnswer>(IDocumentStore documents, string tenant, Func<IQuerySession, CancellationToken, Task<TAnswer>> query)
    {
        public bool Was { get; private set; }

        public async ValueTask<TAnswer> Ask(CancellationToken ct)
        {
            Was = true;
            await using var session = documents.QuerySession(tenant);
            return await query(session, ct);
        }
    }
}

/// <summary>Says that reads of a projection are cached.</summary>
/// <param name="Projection">The class of the projection.</param>
public sealed record CachedReads(Type Projection);
