using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>Tries parked aggregates again beside the heartbeats, each by one at a time.</summary>
internal sealed partial class Draining(ILogger logger)
{
    private readonly ConcurrentDictionary<(ProjectionWorker, StreamId), Task> running = new();

    public void Begin(ProjectionWorker worker, StreamId stream, CancellationToken ct)
    {
        var key = (worker, stream);
        if (running.TryAdd(key, Task.CompletedTask))
        {
            running[key] = Drain(worker, stream, key, ct);
        }
    }

    private async Task Drain(ProjectionWorker worker, StreamId stream, (ProjectionWorker, StreamId) key, CancellationToken ct)
    {
        await Task.Yield();
        try
        {
            await worker.Writer.Drain(stream, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Asked for still, so whoever runs the shard next tries it.
        }
        catch (Exception problem)
        {
            LogNotDrained(worker.Key, stream, problem);
        }
        finally
        {
            running.TryRemove(key, out _);
        }
    }

    [LoggerMessage(36, LogLevel.Warning, "The parked events of {Stream} in {Projection} could not be tried again now.")]
    private partial void LogNotDrained(ProjectionShard projection, StreamId stream, Exception problem);
}
