using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Monolith.EventStore.Projections;

public sealed partial class ProjectionRunner
{
    private readonly StallWatch<ProjectionWorker> watch;
    private readonly Dictionary<ProjectionShard, Restart> restarts = [];
    private readonly Dictionary<ProjectionShard, long> fences = [];
    private readonly ConcurrentDictionary<string, long> restartsByProjection;

    // A fence serves one worker. Where that has ended, or was left behind, the checkpoint is given back and taken anew, under the next fence: so whatever
    // the old worker may still do, it cannot write.
    private bool IsUsedUp(Checkpoint row) => !workers.ContainsKey(row.Key) && fences.TryGetValue(row.Key, out var used) && used == row.Fence;

    private async Task ReplaceStalled(CancellationToken ct)
    {
        foreach (var (worker, stalled) in watch.Look(workers.Values.Select(worker => (worker, worker.Pulse.Steps, worker.HasWork))))
        {
            var at = worker.Pulse.In;
            var reason = at is null
                ? $"No sign of life for {stalled} behind position {worker.Position}."
                : $"No sign of life for {stalled}: the projection has not come back from {at.EventType} at position {at.Position}.";
            LogStalled(worker.Key, reason);
            restarts[worker.Key] = new((restarts.GetValueOrDefault(worker.Key)?.Count ?? 0) + 1, reason, time.GetUtcNow());
            restartsByProjection.AddOrUpdate(worker.Key.Projection, 1, (_, count) => count + 1);
            await Stop([worker.Key], options.Heartbeat, CancellationToken.None);
            if (at is not null)
            {
                await Note(worker, at.Position, reason, ct);
            }
        }
    }

    // A parked event that was tried again is not tried once more before an operator asks; any other counts the times.
    private async Task Note(ProjectionWorker worker, long position, string reason, CancellationToken ct)
    {
        try
        {
            await (position <= worker.Writer.Committed
                ? services.Parked.FailedAgain(worker.Key, position, new ProcessDiedException(reason), ct)
                : services.Checkpoints.Stalled(worker.Key, worker.Fence, position, ct));
        }
        catch (NpgsqlException problem)
        {
            LogNotNoted(worker.Key, problem.Message);
        }
    }

    private async Task Stop(IReadOnlyList<ProjectionShard> keys, TimeSpan patience, CancellationToken ct)
    {
        await Task.WhenAll(keys.Select(async key =>
        {
            if (!await workers[key].Stop(patience, ct))
            {
                LogLeftBehind(key);
            }
        }));
        lock (workers)
        {
            foreach (var key in keys)
            {
                workers.Remove(key);
            }
        }
    }

    [LoggerMessage(44, LogLevel.Error, "The projection {Projection} has stalled and is started anew. {Reason}")]
    private partial void LogStalled(ProjectionShard projection, string reason);

    [LoggerMessage(45, LogLevel.Warning, "The projection {Projection} does not end and is left behind; it cannot write any more.")]
    private partial void LogLeftBehind(ProjectionShard projection);

    [LoggerMessage(46, LogLevel.Warning, "The event over which the projection {Projection} hung could not be noted: {Problem}")]
    private partial void LogNotNoted(ProjectionShard projection, string problem);
}
