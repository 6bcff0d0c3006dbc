using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore;

/// <summary>
/// All events in position order, up to the watermark. Readers are woken by appends of this process at once, by those of others when they tell, and by polling.
/// Read it on the primary only. Safe for concurrent use.
/// </summary>
public sealed partial class Feed : IAsyncDisposable
{
    // Steps of the watermark are at least this far apart, so that a busy writer does not buy freshness with its own throughput.
    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan LongestHeldStep = TimeSpan.FromMilliseconds(32);

    // Looking takes no more than a sixteenth of the time, however slow the server is: it is as slow for those who append.
    private const int RestsPerStep = 15;

    private readonly NpgsqlDataSource dataSource;
    private readonly DomainModel model;
    private readonly EventStoreOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<Feed> logger;
    private readonly Watermark watermark;
    private readonly AppendNotices? notices;
    private readonly ViewNotices viewNotices;
    private readonly Channel<bool> signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock starting = new();
    private TaskCompletionSource moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? loop;
    private Task? sending;
    private Task? telling;
    private Action<ViewChange>? viewsHeard;
    private long silentSince;

    internal Feed(NpgsqlDataSource dataSource, DomainModel model, EventStoreOptions options, TimeProvider time, StoreMetrics metrics, ILogger<Feed> logger)
    {
        (this.dataSource, this.model, this.options, this.time, this.logger) = (dataSource, model, options, time, logger);
        watermark = new(dataSource, time);
        notices = options.Notify ? new(dataSource, Wake, HearOfViews, time, logger) : null;
        viewNotices = new(dataSource, time, logger);
        metrics.Meter.CreateObservableGauge(
            "monolith.eventstore.watermark.hold", () => watermark.Hold?.For.TotalSeconds ?? 0, "s", "How long an append transaction has held the feed back.");
        metrics.Meter.CreateObservableGauge(
            "monolith.eventstore.watermark.holder",
            () => watermark.Hold is { ProcessId: var holder } ? [new Measurement<int>(holder)] : (IEnumerable<Measurement<int>>)[],
            "{process}",
            "The server process that holds the feed back, 0 for a prepared transaction; nothing when none does.");
        metrics.Meter.CreateObservableGauge(
            "monolith.eventstore.outage",
            () => Interlocked.Read(ref silentSince) is > 0 and var since ? time.GetElapsedTime(since).TotalSeconds : 0,
            "s",
            "How long the database has not answered this host's feed; 0 while it does.");
        metrics.Meter.CreateObservableGauge(
            "monolith.eventstore.watermark.position", () => watermark.Current, "{position}", "The position up to which the feed may be read.");
    }

    /// <summary>Every position at or below is committed or will never exist; 0 before the first event. As far as this process knows.</summary>
    public long Watermark => watermark.Current;

    /// <summary>How long an append transaction has held the feed back and in which server process (0: a prepared transaction); null when none does.</summary>
    public (TimeSpan For, int ProcessId)? Hold => watermark.Hold;

    /// <summary>Waits until the watermark is above a position.</summary>
    /// <returns>The watermark.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled, or the feed was disposed.</exception>
    public async Task<long> WaitForWatermark(long above, CancellationToken ct = default)
    {
        ObjectDisposedException.ThrowIf(stopping.IsCancellationRequested, this);
        if (loop is null)
        {
            Start(ref loop, Follow);
        }

        while (true)
        {
            var next = Volatile.Read(ref moved).Task;
            if (watermark.Current > above)
            {
                return watermark.Current;
            }

            await next.WaitAsync(ct);
        }
    }

    /// <summary>Asks the database now how far the feed may be read.</summary>
    /// <exception cref="EventStoreUnavailableException">The database could not be asked.</exception>
    public async Task<long> Refresh(CancellationToken ct = default)
    {
        if (await watermark.Step(ct))
        {
            Announce();
        }

        WarnOfLongHolds();
        return watermark.Current;
    }

    /// <summary>Reads events of some aggregate types in one shard; those that are archived stand where they always stood.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="aggregateTypes">The stored names of the types; at least one.</param>
    /// <param name="after">The position after which to start.</param>
    /// <param name="upTo">The last position to look at; not above <see cref="Watermark"/>.</param>
    /// <param name="limit">The most events.</param>
    /// <param name="ct">Stops the read.</param>
    public Task<FeedPage> ReadShard(
        string shard, IReadOnlyList<string> aggregateTypes, long after, long upTo, int limit, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(aggregateTypes);
        ArgumentOutOfRangeException.ThrowIfZero(aggregateTypes.Count, nameof(aggregateTypes));
        return Read(ShardStatement(shard, aggregateTypes), after, upTo, DateTimeOffset.MinValue, limit, ct);
    }

    internal async Task<FeedPage> Read(FeedRange range, string? shard, CancellationToken ct)
    {
        var upTo = await Refresh(ct);
        var filter = "";
        if (range.AggregateTypes.Count > 0)
        {
            foreach (var type in range.AggregateTypes)
            {
                _ = model.Aggregate(type);
            }

            filter += $" and aggregate_type in ({Quoted(range.AggregateTypes)})";
        }

        if (shard is not null && range.TenantId is { } tenant)
        {
            filter += $" {Leaf.InShard(shard)} and tenant_id = '{tenant}'";
        }

        return await Read(FeedStatement("events", filter), range.After, upTo, range.Since ?? DateTimeOffset.MinValue, range.Limit, ct);
    }

    /// <summary>
    /// Says that something was appended, so that the feed is looked at now and not at the next poll. The store does so after its own appends; call it
    /// after committing a transaction that holds one. Cheap, and harmless when nothing was appended.
    /// </summary>
    public void Signal()
    {
        Wake();
        if (notices is not null)
        {
            notices.Want();
            if (sending is null)
            {
                Start(ref sending, notices.Send);
            }
        }
    }

    /// <summary>Whom to tell of read models that other hosts have changed.</summary>
    internal void HearOfViews(Action<ViewChange> heard) => viewsHeard += heard;

    /// <summary>Tells the other hosts which read models have changed.</summary>
    internal void TellOfViews(IEnumerable<ViewChange> changes)
    {
        if (notices is not null)
        {
            viewNotices.Want(changes);
            if (telling is null)
            {
                Start(ref telling, viewNotices.Send);
            }
        }
    }

    /// <summary>Stops the background work. Waiting calls end with a cancellation.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }

        await stopping.CancelAsync();
        await Task.WhenAll(loop ?? Task.CompletedTask, sending ?? Task.CompletedTask, telling ?? Task.CompletedTask);

        moved.TrySetCanceled();
        watermark.Dispose();
        stopping.Dispose();
    }

    private async Task<FeedPage> Read(string sql, long after, long upTo, DateTimeOffset since, int limit, CancellationToken ct)
    {
        if (upTo <= after || limit <= 0)
        {
            return new([], after);
        }

        try
        {
            await using var command = dataSource.CreateCommand(sql);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = upTo });
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = since.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
            var events = new List<EventEnvelope>();
            var rows = 0;
            long last = after;
            using var columns = new ColumnReader();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                rows++;
                var row = new EnvelopeRow(reader, columns);
                last = row.Position;
                var decoded = row.Decode(model);
                for (var i = 0; i < decoded.Count; i++)
                {
                    events.Add(row.Envelope(decoded[i]));
                }
            }

            return new(events, rows < limit ? upTo : last);
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }
    }

    /// <summary>The statement that reads one shard, its archive included: from one partitioned type, or from the types among all.</summary>
    internal static string ShardStatement(string shard, IReadOnlyList<string> aggregateTypes) => aggregateTypes.Count == 1
        ? FeedStatement($"events_{aggregateTypes[0]}", Leaf.InShard(shard))
        : FeedStatement("events", $"and aggregate_type in ({Quoted(aggregateTypes)}) {Leaf.InShard(shard)}");

    // Names of types, shards and tenants are validated: letters, digits, hyphens and underscores.
    internal static string FeedStatement(string events, string filter) => Statements.Text("read_feed.sql")
        .Replace("{events}", events, StringComparison.Ordinal)
        .Replace("{filter}", filter, StringComparison.Ordinal);

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));

    private void Wake() => signals.Writer.TryWrite(true);

    // Null: notices may have been missed.
    private void HearOfViews(string? notice)
    {
        foreach (var change in notice is null ? [default] : viewNotices.Read(notice))
        {
            viewsHeard?.Invoke(change);
        }
    }

    private void Start(ref Task? part, Func<CancellationToken, Task> work)
    {
        lock (starting)
        {
            if (!stopping.IsCancellationRequested)
            {
                // It outlives the request that starts it, and is no part of that request's trace.
                using var apart = ExecutionContext.SuppressFlow();
                part ??= Task.Run(() => work(stopping.Token));
            }
        }
    }

    private Task Follow(CancellationToken ct) => notices is null ? Run(ct) : Task.WhenAll(Run(ct), notices.Listen(ct));

    private async Task Run(CancellationToken ct)
    {
        var idle = options.FeedPolling.Shortest;
        var held = ShortestStep;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                var began = time.GetTimestamp();
                var movedOn = await watermark.Step(ct);
                var rest = Min(Max(ShortestStep, time.GetElapsedTime(began) * RestsPerStep), LongestHeldStep);
                if (Interlocked.Exchange(ref silentSince, 0) is > 0 and var since)
                {
                    LogAvailable(time.GetElapsedTime(since));
                }

                if (movedOn)
                {
                    Announce();
                    idle = options.FeedPolling.Shortest;
                    held = ShortestStep;
                }

                WarnOfLongHolds();
                if (watermark.IsHeld)
                {
                    await Task.Delay(held, time, ct);
                    held = Min(held * 2, LongestHeldStep);
                    continue;
                }

                await Task.Delay(rest, time, ct);
                if (!await Signalled(idle, ct) && !movedOn)
                {
                    idle = Min(idle * 2, options.FeedPolling.Longest);
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Whatever it is: those who wait for the feed would otherwise wait for ever.
                LogUnavailable(error.Message);
                Interlocked.CompareExchange(ref silentSince, time.GetTimestamp(), 0);
                await Task.Delay(options.FeedPolling.Longest, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<bool> Signalled(TimeSpan atMost, CancellationToken ct)
    {
        if (signals.Reader.TryRead(out _))
        {
            return true;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(atMost);
        try
        {
            return await signals.Reader.ReadAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    private void WarnOfLongHolds()
    {
        foreach (var (held, processId) in watermark.NewLongHolds(options.FeedHoldWarning))
        {
            if (processId == 0)
            {
                LogHeldByPrepared(held);
            }
            else
            {
                LogHeld(processId, held);
            }
        }
    }

    private void Announce() =>
        Interlocked.Exchange(ref moved, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    [LoggerMessage(20, LogLevel.Warning, "The feed cannot reach the database and will try again: {Problem}")]
    private partial void LogUnavailable(string problem);

    [LoggerMessage(24, LogLevel.Information, "The database answers the feed again after {Silence}.")]
    private partial void LogAvailable(TimeSpan silence);

    [LoggerMessage(21, LogLevel.Warning, "Server process {ProcessId} has held the feed back for {Held}: it has appended in a transaction that is still open. Nobody reads on until that ends.")]
    private partial void LogHeld(int processId, TimeSpan held);

    [LoggerMessage(22, LogLevel.Warning, "A prepared transaction with an append has held the feed back for {Held}. Nobody reads on until it is committed or rolled back; see pg_prepared_xacts.")]
    private partial void LogHeldByPrepared(TimeSpan held);
}
