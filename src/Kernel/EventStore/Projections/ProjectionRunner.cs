using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// Runs the projections of a host on the shards that are its own: with the host as a hosted service, or started and stopped by hand. Several
/// hosts share the work by themselves. Starting never fails for want of a database: it is waited for.
/// </summary>
public sealed partial class ProjectionRunner : IHostedService, IAsyncDisposable
{
    // So that a checkpoint that is lost again and again does not become a storm of heartbeats.
    private static readonly TimeSpan ShortestBeat = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<ProjectionShard, ProjectionWorker> workers = [];
    private readonly Dictionary<string, PreparedWriter> writers;
    private readonly ProjectionCatalog catalog;
    private readonly ProjectionOperations operations;
    private readonly ProjectionOptions options;
    private readonly ProjectionServices services;
    private readonly Feed feed;
    private readonly Tenants tenants;
    private readonly HostSession session;
    private readonly Draining draining;
    private readonly ProjectionCounters counters;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private volatile IReadOnlyDictionary<string, long> parked = new Dictionary<string, long>();
    private volatile bool isFirst;
    private int shardsTold;
    private CancellationTokenSource? stopping;
    private Task? stopped;
    private Task running = Task.CompletedTask;

    /// <summary>A runner that is not started yet.</summary>
    /// <param name="dataSource">The database of the store.</param>
    /// <param name="model">The events and aggregates.</param>
    /// <param name="store">The store.</param>
    /// <param name="catalog">The projections.</param>
    /// <param name="views">Where views are kept; null when no projection makes documents.</param>
    /// <param name="options">How they are run; null for the defaults.</param>
    /// <param name="operations">What operators ask in this process; null for none.</param>
    /// <param name="metrics">Where lag is shown; null for nowhere.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="loggers">Where it logs; null for nowhere.</param>
    /// <param name="changes">Told when read models have changed; null for nobody.</param>
    public ProjectionRunner(
        NpgsqlDataSource dataSource,
        DomainModel model,
        PostgresEventStore store,
        ProjectionCatalog catalog,
        IViewStore? views = null,
        ProjectionOptions? options = null,
        ProjectionOperations? operations = null,
        StoreMetrics? metrics = null,
        TimeProvider? time = null,
        ILoggerFactory? loggers = null,
        ReadModelChanges? changes = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(store);
        (this.catalog, this.options, this.time) = (catalog, options ?? new(), time ?? TimeProvider.System);
        this.options.Validate();
        (feed, tenants) = (store.Feed, store.Tenants);
        logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<ProjectionRunner>();
        this.operations = operations ?? new(dataSource, catalog, feed, views, this.time, this.options);
        writers = catalog.All.ToDictionary(
            projection => projection.Name, projection => new PreparedWriter(projection, views, dataSource), StringComparer.Ordinal);
        var backoff = new Backoff(this.options.RetryDelay.First, this.options.RetryDelay.Longest, this.time);
        var reader = new ProjectionReader(dataSource, model);
        counters = new(this.time);
        restartsByProjection = new(catalog.All.Select(projection => KeyValuePair.Create(projection.Name, 0L)), StringComparer.Ordinal);
        services = new(
            dataSource,
            reader,
            new(dataSource, this.time),
            new(dataSource, this.time),
            new(feed, reader.ReadShards, backoff, this.options.LiveBuffer, logger),
            this.options,
            backoff,
            new(this.options.ConcurrentBatches),
            new(this.options.RebuildBatches),
            new(),
            this.time,
            changes,
            counters);
        session = new(dataSource, catalog, this.options, this.time);
        draining = new(logger);
        watch = new(this.options.StallAfter, this.time);
        reports = new(this.options.RebuildReports, logger, this.time);
        if (metrics is not null)
        {
            ProjectionMetrics.Register(metrics.Meter, () => Statuses, () => parked, () => restartsByProjection, () => Rebuilds);
            counters.Register(metrics.Meter);
        }
    }

    /// <summary>The name by which this runner owns shards.</summary>
    public string Host => session.Host;

    /// <summary>Whether this host is the first of those alive, as of its last heartbeat: the one for what only one of them need do.</summary>
    public bool IsFirst => isFirst;

    /// <summary>How the projections are doing on the shards that this host runs.</summary>
    public IReadOnlyList<ProjectionStatus> Statuses
    {
        get
        {
            lock (workers)
            {
                return [.. workers.Values.Select(worker => worker.Status)];
            }
        }
    }

    /// <summary>Starts the background work and returns.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var stop = stopping = new();
        stopped = null;
        counters.Declare(catalog);
        running = Task.WhenAll(Run(services.Tail.Run), Run(Place), Run(MoveIdleCheckpoints));
        return Task.CompletedTask;

        Task Run(Func<CancellationToken, Task> part) => Task.Run(() => part(stop.Token), CancellationToken.None);
    }

    /// <summary>Ends the background work, writes the checkpoints, and gives the shards back so that another host takes them at once.</summary>
    /// <remarks>
    /// A host may stop twice at the same moment; the second stop waits for the first. What does not end within <see cref="ProjectionOptions.StopTimeout"/> is left
    /// behind and logged; its shards are given back all the same.
    /// </remarks>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (workers)
        {
            return stopped ??= stopping is null ? Task.CompletedTask : End(stopping, cancellationToken);
        }
    }

    /// <summary>Stops it if it runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        services.Slots.Dispose();
        services.RebuildSlots.Dispose();
    }

    private async Task End(CancellationTokenSource stop, CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        await running;
        isFirst = false;
        await MoveIdle(cancellationToken);
        await Stop([.. workers.Keys], options.StopTimeout, cancellationToken);
        try
        {
            await session.Leave(cancellationToken);
        }
        catch (Exception problem) when (problem is NpgsqlException or OperationCanceledException)
        {
            LogNotLeft(problem.Message);
        }

        await session.DisposeAsync();
        stop.Dispose();
        stopping = null;
    }

    private ProjectionWorker? Find(ProjectionShard key)
    {
        lock (workers)
        {
            return workers.GetValueOrDefault(key);
        }
    }

    private async Task Place(CancellationToken ct)
    {
        var failures = 0;
        while (!ct.IsCancellationRequested)
        {
            var attention = Task.WhenAny(services.Attention.Next, operations.Asked.Next);
            try
            {
                await Beat(ct);
                failures = 0;
                await Task.Delay(ShortestBeat, time, ct);
                await Task.WhenAny(attention, Task.Delay(options.Heartbeat, time, ct));
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                LogUnplaced(problem);
                await services.Backoff.Pause(++failures, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task Beat(CancellationToken ct)
    {
        await services.Tail.Ready.WaitAsync(ct);
        await ReplaceStalled(ct);
        var view = await session.Beat(services.Tail.Position, ct);
        parked = view.Parked;
        isFirst = view.Hosts.Keys.Min(StringComparer.Ordinal) == Host;
        foreach (var projection in catalog.All.Where(view.IsOutdated))
        {
            await BeginRebuild(projection, ct);
        }

        var mine = catalog.All.SelectMany(projection => view.Of(Host, projection)).ToDictionary(row => row.Key);
        await Stop([.. workers.Values.Where(worker => worker.HasEnded || !IsStill(worker, mine)).Select(worker => worker.Key)], options.Heartbeat, CancellationToken.None);
        if (view.Checkpoints.Where(row => row.Owner == Host && (!mine.ContainsKey(row.Key) || IsUsedUp(row))).Select(row => row.Key).ToArray() is { Length: > 0 } others)
        {
            await services.Checkpoints.Release(others, Host, ct);
        }

        Start(mine.Values.Where(row => row.Owner == Host && !IsUsedUp(row)));
        if (mine.Values.Where(row => row.Owner is null || !view.Hosts.ContainsKey(row.Owner)).Select(row => row.Key).ToArray() is { Length: > 0 } free)
        {
            Start(await services.Checkpoints.Acquire(free, Host, ct));
        }

        foreach (var (key, stream) in view.Retries)
        {
            if (Find(key) is { } worker)
            {
                draining.Begin(worker, stream, ct);
            }
        }

        foreach (var projection in catalog.All)
        {
            if (view.ToPromote(Host, projection) is { } shadow)
            {
                await Promote(projection, shadow, ct);
            }
        }

        ReportShards();
        await Report(view, ct);
    }

    private void ReportShards()
    {
        if (workers.Count is var count && count != shardsTold)
        {
            LogShards(shardsTold = count);
        }
    }

    private bool IsStill(ProjectionWorker worker, Dictionary<ProjectionShard, Checkpoint> mine) =>
        mine.TryGetValue(worker.Key, out var row) && row.Owner == Host && row.Fence == worker.Fence;

    private void Start(IEnumerable<Checkpoint> rows)
    {
        lock (workers)
        {
            foreach (var row in rows.Where(row => !workers.ContainsKey(row.Key)))
            {
                var projection = catalog[row.Key.Projection];
                fences[row.Key] = row.Fence;
                workers.Add(
                    row.Key,
                    new(
                        row,
                        projection,
                        catalog.AggregateTypesOf(projection.Name),
                        writers[projection.Name],
                        services,
                        restarts.GetValueOrDefault(row.Key),
                        logger));
            }
        }
    }

    [LoggerMessage(48, LogLevel.Information, "This host runs projections on {Count} shards now.")]
    private partial void LogShards(int count);

    [LoggerMessage(41, LogLevel.Warning, "Projections cannot be placed and it will be tried again.")]
    private partial void LogUnplaced(Exception problem);

    [LoggerMessage(42, LogLevel.Warning, "The projections could not be given back; another host takes them when it notices: {Problem}")]
    private partial void LogNotLeft(string problem);
}
