using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>
/// Runs one projection on one shard. While it is behind it reads for itself, the next part while the last is being written; when it has
/// caught up it takes new events from the tail that all projections of the host share.
/// </summary>
/// <remarks>
/// Single events that fail are <see cref="FaultIsolation"/>'s affair. Outages are waited for, however long. When the checkpoint turns out not
/// to be this worker's any more, the worker ends: what it had not stored, the new owner reads again. One that neither gets on nor fails is
/// found by the runner, which stops it, or leaves it behind, and starts another in its place.
/// </remarks>
internal sealed partial class ProjectionWorker : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    private readonly Projection projection;
    private readonly IReadOnlyList<string> aggregateTypes;
    private readonly ProjectionServices services;
    private readonly BatchWriter writer;
    private readonly FaultIsolation isolation;
    private readonly ILogger logger;
    private readonly HeldSlots slots;
    private readonly Pulse pulse = new();
    private readonly int restarts;
    private readonly BatchSize batchSize;
    private readonly CancellationTokenSource stopping = new();
    private readonly string? tenantId;
    private readonly Task run;
    private TailCursor? following;
    private WorkerProgress progress;
    private long reached;
    private int foreign;
    private int failures;

    public ProjectionWorker(
        Checkpoint start,
        Projection projection,
        IReadOnlyList<string> aggregateTypes,
        PreparedWriter prepared,
        ProjectionServices services,
        Restart? restart,
        ILogger logger)
    {
        (this.projection, this.aggregateTypes, this.services, this.logger) = (projection, aggregateTypes, services, logger);
        (Key, tenantId) = (start.Key, start.TenantId);
        reached = start.Position;
        batchSize = new(services.Options.MaxBatchEvents);
        slots = new(services.SlotsOf(Key));
        writer = new(start, projection, prepared, services, slots, pulse);
        restarts = restart?.Count ?? 0;
        progress = restart is null ? WorkerProgress.Starting : WorkerProgress.Starting with { LastError = restart.Reason, LastErrorAt = restart.At };
        isolation = new(writer, start, services, Failed, logger);
        run = Task.Run(() => Run(stopping.Token));
    }

    public ProjectionShard Key { get; }

    /// <summary>The fence under which it writes.</summary>
    public long Fence => writer.Fence;

    /// <summary>Whether it has ended by itself, because the checkpoint is not its own any more.</summary>
    public bool HasEnded => run.IsCompleted;

    /// <summary>Everything up to here is in the read model, or is nothing that the projection reads.</summary>
    public long Position => Math.Max(Interlocked.Read(ref reached), Volatile.Read(ref following)?.Position ?? 0);

    /// <summary>Its signs of life.</summary>
    public Pulse Pulse => pulse;

    /// <summary>Whether there is something to do for it, as far as this host knows, or it is in the middle of something.</summary>
    public bool HasWork => !HasEnded && (pulse.In is not null || Position < services.Tail.Position);

    /// <summary>Fires when <see cref="Position"/> has moved by a batch; the tail's signal tells of events that are foreign.</summary>
    public Signal Moved { get; } = new();

    /// <summary>Where the stored checkpoint stands, for moving it over foreign events.</summary>
    public BatchWriter Writer => writer;

    public ProjectionStatus Status
    {
        get
        {
            var now = Volatile.Read(ref progress);
            var (events, oldest) = Volatile.Read(ref following) is { } cursor ? cursor.Pending : now.Estimate(services.Tail.Position, Position);
            return new(
                Key.Projection,
                Key.IsShadow,
                Key.Shard,
                run.IsCompleted ? ProjectionState.Stopped : now.State,
                Position,
                events,
                oldest is { } time && services.Time.GetUtcNow() > time ? services.Time.GetUtcNow() - time : TimeSpan.Zero,
                now.LastError,
                now.LastErrorAt)
            {
                Restarts = restarts,
            };
        }
    }

    /// <summary>
    /// Ends it; a batch on its way is given up. When it does not end in time, because code of the projection does not come back, it is left behind: it holds
    /// none of the host's slots any more, and whoever owns the checkpoint next does so under another fence, so it cannot write when it comes back.
    /// </summary>
    /// <returns>Whether it has ended.</returns>
    public async Task<bool> Stop(TimeSpan patience, CancellationToken ct)
    {
        try
        {
            await Task.WhenAll(stopping.CancelAsync(), run).WaitAsync(patience, services.Time, ct);
            Dispose();
            return true;
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            slots.Forfeit();
            return false;
        }
    }

    /// <summary>Lets go of what it holds of the system's. Who was left behind may still use it.</summary>
    public void Dispose() => stopping.Dispose();

    private async Task Run(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await Follow(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem) when (problem is CheckpointLostException || PostgresErrors.IsCheckpointMoved(problem))
            {
                LogLost(Key);
                services.Attention.Fire();
                return;
            }
            catch (Exception problem)
            {
                if (PostgresErrors.IsLeafMissing(problem) && await IsGone(ct))
                {
                    LogGone(Key);
                    services.Attention.Fire();
                    return;
                }

                Failed(problem);
                await services.Backoff.Pause(++failures, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // A tenant's own shard goes with it when it is dropped or moved.
    private async Task<bool> IsGone(CancellationToken ct)
    {
        try
        {
            return await services.Checkpoints.Position(Key.Projection, Key.Shard, ct) is null;
        }
        catch (Exception problem) when (problem is OperationCanceledException || Failures.IsOutage(problem))
        {
            return false;
        }
    }

    private async Task Follow(CancellationToken ct)
    {
        await services.Tail.Ready.WaitAsync(ct);
        await writer.Load(ct);
        Interlocked.Exchange(ref reached, Math.Max(reached, writer.Committed));
        while (true)
        {
            if (tenantId is not null)
            {
                await FollowLive(ct);
                continue;
            }

            var end = services.Tail.Position;
            if (end - reached > services.Options.LiveBuffer)
            {
                await ReadTo(end, ct);
                continue;
            }

            using var cursor = services.Tail.Join(projection, Key.Shard, aggregateTypes, reached);
            await ReadTo(await cursor.Joined.WaitAsync(ct), ct);
            try
            {
                Volatile.Write(ref following, cursor);
                Enter(ProjectionState.Live);
                while (await cursor.Next(batchSize.Current, ct) is { } page)
                {
                    await Take(page.Events, page.LastPosition, ct);
                }
            }
            finally
            {
                Interlocked.Exchange(ref reached, Math.Max(reached, cursor.Position));
                Volatile.Write(ref following, null);
            }
        }
    }

    // A tenant's part takes the place of the live rows at the very position where those stand, so it never passes them.
    private async Task FollowLive(CancellationToken ct)
    {
        await ReadTo(await services.Checkpoints.Position(Key.Projection, Key.Shard, ct) ?? reached, ct);
        pulse.Step();
        Enter(ProjectionState.Live);
        await Task.Delay(BetweenLooks, services.Time, ct);
    }

    private async Task ReadTo(long end, CancellationToken ct)
    {
        if (reached >= end)
        {
            return;
        }

        Enter(ProjectionState.CatchingUp);
        var next = Read(reached, end, ct);
        while (true)
        {
            var page = await next;
            var isLast = page.LastPosition >= end;
            next = isLast ? Task.FromResult(page) : Read(page.LastPosition, end, ct);
            try
            {
                Volatile.Write(ref progress, progress.Read(page.Events.Count, reached, page));
                var wanted = page.Events.Where(projection.Wants).ToList();
                foreign += page.Events.Count - wanted.Count;
                await Take(wanted, page.LastPosition, ct);
            }
            catch
            {
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }

            if (isLast)
            {
                return;
            }
        }
    }

    private async Task<FeedPage> Read(long after, long upTo, CancellationToken ct)
    {
        await slots.Take(ct);
        try
        {
            var page = await services.Reader.ReadShard(Key.Shard, aggregateTypes, after, upTo, batchSize.Current, ct, tenantId);
            pulse.Step();
            return page;
        }
        finally
        {
            slots.Give();
        }
    }

    private async Task Take(IReadOnlyList<EventEnvelope> events, long upTo, CancellationToken ct)
    {
        if (events.Count > 0)
        {
            var started = services.Time.GetTimestamp();
            await isolation.Store(events, upTo, foreign, ct);
            foreign = 0;
            batchSize.Written(events.Count, services.Time.GetElapsedTime(started));
        }

        Interlocked.Exchange(ref reached, upTo);
        pulse.Step();
        Moved.Fire();
        if (failures > 0 || progress.LastError is not null)
        {
            LogRecovered(Key);
            failures = 0;
            Volatile.Write(ref progress, progress.Recovered(following is null ? ProjectionState.CatchingUp : ProjectionState.Live));
        }
    }

    private void Enter(ProjectionState state) => Volatile.Write(ref progress, progress with { State = state });

    private void Failed(Exception problem)
    {
        pulse.Step();
        problem = problem is BatchRefusedException { InnerException: { } cause } ? cause : problem;
        services.Counters?.Failed(Key, Failures.IsOutage(problem));
        var isNews = progress.LastError != problem.Message;
        Volatile.Write(ref progress, progress.Failed(problem.Message, services.Time.GetUtcNow()));
        if (!isNews)
        {
            return;
        }

        if (Failures.IsOutage(problem))
        {
            LogOutage(Key, problem.Message);
        }
        else
        {
            LogFailed(Key, problem);
        }
    }

    [LoggerMessage(31, LogLevel.Information, "The projection {Projection} is run by another host now, or has been started anew.")]
    private partial void LogLost(ProjectionShard projection);

    [LoggerMessage(35, LogLevel.Information, "The shard of the projection {Projection} is gone, and its tenant with it or elsewhere.")]
    private partial void LogGone(ProjectionShard projection);

    [LoggerMessage(32, LogLevel.Warning, "The projection {Projection} waits for the database: {Problem}")]
    private partial void LogOutage(ProjectionShard projection, string problem);

    [LoggerMessage(38, LogLevel.Information, "The projection {Projection} goes on again.")]
    private partial void LogRecovered(ProjectionShard projection);

    [LoggerMessage(33, LogLevel.Error, "The projection {Projection} failed and will try again.")]
    private partial void LogFailed(ProjectionShard projection, Exception problem);
}

/// <summary>Why and how often a worker was put in the place of one that had stalled.</summary>
internal sealed record Restart(int Count, string Reason, DateTimeOffset At);
