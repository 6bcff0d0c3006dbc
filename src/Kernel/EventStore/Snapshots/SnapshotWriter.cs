using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>
/// Writes snapshots off the caller's path, where <see cref="SnapshotPoints"/> says, also when an append jumped over such a place: the state is read
/// back at exactly that version, so a snapshot holds what is stored and not what a process believed. A request that is dropped or fails
/// costs nothing but a longer tail: the next snapshot of the stream makes up for those that are missing before it, and so does the next load.
/// </summary>
internal sealed partial class SnapshotWriter : IAsyncDisposable
{
    private readonly DomainModel model;
    private readonly EventReader streams;
    private readonly SnapshotFold fold;
    private readonly StoreMetrics metrics;
    private readonly ILogger<SnapshotWriter> logger;
    private readonly Channel<StreamId> requests;
    private readonly TailSizes tails = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock starting = new();
    private readonly Dictionary<StreamId, (long After, long UpTo)> wanted = [];
    private TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool writing;
    private Task? loop;

    public SnapshotWriter(
        DomainModel model, EventReader streams, SnapshotFold fold, EventStoreOptions options, StoreMetrics metrics, ILogger<SnapshotWriter> logger)
    {
        (this.model, this.streams, this.fold, this.metrics, this.logger) = (model, streams, fold, metrics, logger);
        requests = Channel.CreateBounded<StreamId>(
            new BoundedChannelOptions(options.SnapshotQueue) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            dropped =>
            {
                metrics.SnapshotDropped();
                Take(dropped);
            });
        drained.SetResult();
        metrics.Meter.CreateObservableGauge(
            "monolith.eventstore.snapshots.queued", () => requests.Reader.Count, "{stream}", "Streams that wait for their snapshots.");
    }

    /// <summary>Asks for the snapshots that an append calls for; nothing when it calls for none.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="before">The version that it was at.</param>
    /// <param name="version">The version that it is at.</param>
    /// <param name="bytesToLoad">What <see cref="EncodedAppend.BytesToLoad"/> says.</param>
    public void Appended(StreamId stream, long before, long version, long bytesToLoad)
    {
        var definition = model.Aggregate(stream.AggregateType);
        var isTooMuch = definition.SnapshotAfterBytes > 0 && SnapshotPoints.IsTooMuch(definition, tails.Appended(stream, version, bytesToLoad));
        if (isTooMuch || SnapshotPoints.IsMultipleIn(definition, before, version))
        {
            Request(stream, before, version);
        }
    }

    /// <summary>Asks for the snapshots that were missing in a load of the present state; nothing when none were.</summary>
    public void Loaded(StreamId stream, StateFold loaded)
    {
        var definition = model.Aggregate(stream.AggregateType);
        if (loaded.CachedVersion > 0)
        {
            if (loaded.EventsRead > 0
                && definition.SnapshotAfterBytes > 0
                && SnapshotPoints.IsTooMuch(definition, tails.Read(stream, loaded.Version, loaded.EventBytes)))
            {
                Request(stream, loaded.CachedVersion, loaded.Version);
            }

            return;
        }

        var isTooMuch = definition.SnapshotAfterBytes > 0 && SnapshotPoints.IsTooMuch(definition, tails.ReadWhole(stream, loaded.Version, loaded.EventBytes));
        if (isTooMuch || SnapshotPoints.IsMultipleIn(definition, loaded.SnapshotVersion, loaded.Version))
        {
            // The tail holds the place of a snapshot only when that one is missing or unusable.
            Request(stream, loaded.SnapshotVersion, loaded.Version);
        }
    }

    // Asks for the snapshots of a stream behind the events after one version up to and including another.
    private void Request(StreamId stream, long after, long upTo)
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }

        lock (wanted)
        {
            ref var range = ref CollectionsMarshal.GetValueRefOrAddDefault(wanted, stream, out var isQueued);
            range = isQueued ? (Math.Min(range.After, after), Math.Max(range.UpTo, upTo)) : (after, upTo);
            if (isQueued)
            {
                return;
            }

            if (drained.Task.IsCompleted)
            {
                drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        Start();
        requests.Writer.TryWrite(stream);
    }

    /// <summary>Waits until every snapshot that was asked for so far is written or given up.</summary>
    public Task Drain(CancellationToken ct)
    {
        lock (wanted)
        {
            return drained.Task.WaitAsync(ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }

        await stopping.CancelAsync();
        requests.Writer.TryComplete();
        if (loop is not null)
        {
            await loop;
        }

        drained.TrySetCanceled();
        stopping.Dispose();
    }

    private void Start()
    {
        if (loop is not null)
        {
            return;
        }

        lock (starting)
        {
            // It outlives the request that starts it, and is no part of that request's trace.
            using var apart = ExecutionContext.SuppressFlow();
            loop ??= Task.Run(() => Run(stopping.Token));
        }
    }

    private async Task Run(CancellationToken ct)
    {
        while (await requests.Reader.WaitToReadAsync(ct).AsTask().ContinueWith(wait => wait is { IsCompletedSuccessfully: true, Result: true }, TaskScheduler.Default))
        {
            while (!ct.IsCancellationRequested && requests.Reader.TryRead(out var stream))
            {
                // What is asked for from now on is asked for anew, so nothing is missed while this one is written.
                var (after, upTo) = Take(stream, toWrite: true);
                var definition = model.Aggregate(stream.AggregateType);
                var (known, left) = (definition.SnapshotAfterBytes > 0 ? tails.Look(stream) : default, 0L);
                try
                {
                    left = await Write(definition, stream, after, Math.Max(upTo, known.Version), ct);
                }
                catch (OperationCanceledException) when (ct.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception error)
                {
                    // Whatever it is, the events are stored and the command has succeeded: a missing snapshot is slow, not wrong.
                    LogFailed(error, stream, upTo);
                    metrics.SnapshotFailed(stream.AggregateType);
                }

                if (known.Tail is not null)
                {
                    // After a failure too: the next append of many should not ask again, the next load does.
                    tails.Written(stream, known, left);
                }

                Done();
            }
        }
    }

    private (long After, long UpTo) Take(StreamId stream, bool toWrite = false)
    {
        lock (wanted)
        {
            wanted.Remove(stream, out var range);
            writing |= toWrite;
            AnnounceWhenIdle();
            return range;
        }
    }

    private void Done()
    {
        lock (wanted)
        {
            writing = false;
            AnnounceWhenIdle();
        }
    }

    private void AnnounceWhenIdle()
    {
        if (!writing && wanted.Count == 0)
        {
            drained.TrySetResult();
        }
    }

    // What lies behind the last snapshot then.
    private async Task<long> Write(AggregateDefinition definition, StreamId stream, long after, long upTo, CancellationToken ct)
    {
        var (state, version, bytes) = await StartingPoint(definition, stream, after, ct);
        var points = new SnapshotPoints(definition, bytes);
        await fold.Write(definition, stream, (state, version), upTo, points.Pass, ct);
        return points.Bytes;
    }

    // The state from which the folding starts: at the wanted version, or at the newest snapshot when others are missing between.
    private async Task<(object State, long Version, long Bytes)> StartingPoint(AggregateDefinition definition, StreamId stream, long after, CancellationToken ct)
    {
        if (after == 0 || (after < definition.SnapshotEvery && definition.SnapshotAfterBytes == 0))
        {
            return (definition.InitialState, 0, 0);
        }

        var loaded = await streams.Load(stream, AsOf.Version(after), ct);
        if (!SnapshotPoints.IsMultipleIn(definition, loaded.SnapshotVersion, loaded.Version) && !SnapshotPoints.IsTooMuch(definition, loaded.EventBytes))
        {
            return (loaded.State, loaded.Version, loaded.EventBytes);
        }

        if (loaded.SnapshotVersion == 0)
        {
            return (definition.InitialState, 0, 0);
        }

        var snapshot = await streams.Load(stream, AsOf.Version(loaded.SnapshotVersion), ct);
        return (snapshot.State, snapshot.Version, 0);
    }

    [LoggerMessage(30, LogLevel.Warning, "Could not write the snapshot of {Stream} up to version {Version}; the next load asks again.")]
    private partial void LogFailed(Exception error, StreamId stream, long version);
}
