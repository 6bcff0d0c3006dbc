using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore;

/// <summary>
/// Writes snapshots off the caller's path, one at every multiple of the type's interval, also when an append jumped over it: the state is read
/// back at exactly that version, so a snapshot holds what is stored and not what a process believed. A request that is dropped or fails
/// costs nothing but a longer tail: the next snapshot of the stream makes up for those that are missing before it, and so does the next load.
/// </summary>
internal sealed partial class SnapshotWriter : IAsyncDisposable
{
    // States of one stream that travel in one statement.
    private const int BatchSize = 32;

    private readonly NpgsqlDataSource dataSource;
    private readonly DomainModel model;
    private readonly Tenants tenants;
    private readonly EventReader streams;
    private readonly EventStoreOptions options;
    private readonly StoreMetrics metrics;
    private readonly ILogger<SnapshotWriter> logger;
    private readonly Channel<StreamId> requests;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock starting = new();
    private readonly Dictionary<StreamId, (long After, long UpTo)> wanted = [];
    private TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool writing;
    private Task? loop;

    public SnapshotWriter(
        NpgsqlDataSource dataSource,
        DomainModel model,
        Tenants tenants,
        EventReader streams,
        EventStoreOptions options,
        StoreMetrics metrics,
        ILogger<SnapshotWriter> logger)
    {
        (this.dataSource, this.model, this.tenants, this.streams, this.options, this.metrics, this.logger) =
            (dataSource, model, tenants, streams, options, metrics, logger);
        requests = Channel.CreateBounded<StreamId>(
            new BoundedChannelOptions(options.SnapshotQueue) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            dropped => Take(dropped));
        drained.SetResult();
        metrics.Meter.CreateObservableGauge(
            "monolith.eventstore.snapshots.queued", () => requests.Reader.Count, "{stream}", "Streams that wait for their snapshots.");
    }

    /// <summary>Asks for the snapshots of a stream at the multiples after one version up to and including another; nothing when there is none.</summary>
    public void Request(StreamId stream, long after, long upTo)
    {
        var every = model.Aggregate(stream.AggregateType).SnapshotEvery;
        if (every == 0 || after / every == upTo / every || stopping.IsCancellationRequested)
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
                try
                {
                    await Write(stream, after, upTo, ct);
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

    private async Task Write(StreamId stream, long after, long upTo, CancellationToken ct)
    {
        var definition = model.Aggregate(stream.AggregateType);
        var every = definition.SnapshotEvery;
        var (state, version) = await StartingPoint(definition, stream, after, ct);
        var batch = new List<(long Version, DateTimeOffset RecordedAt, byte[] State)>(BatchSize);
        await foreach (var (row, events) in streams.ReadRows(stream, new() { FromVersion = version + 1, ToVersion = upTo }, ct))
        {
            for (var i = 0; i < events.Count; i++)
            {
                state = definition.Apply(state, events[i]);
            }

            if (row.Version % every == 0)
            {
                batch.Add((row.Version, row.RecordedAt, definition.SerializeState(state)));
                if (batch.Count == BatchSize)
                {
                    await Insert(definition, stream, batch, ct);
                }
            }
        }

        await Insert(definition, stream, batch, ct);
    }

    // The state from which the folding starts: at the wanted version, or at the newest snapshot when others are missing between.
    private async Task<(object State, long Version)> StartingPoint(AggregateDefinition definition, StreamId stream, long after, CancellationToken ct)
    {
        if (after < definition.SnapshotEvery)
        {
            return (definition.InitialState, 0);
        }

        var loaded = await streams.Load(stream, AsOf.Version(after), ct);
        if (loaded.EventsRead >= definition.SnapshotEvery)
        {
            if (loaded.SnapshotVersion == 0)
            {
                return (definition.InitialState, 0);
            }

            loaded = await streams.Load(stream, AsOf.Version(loaded.SnapshotVersion), ct);
        }

        return (loaded.State, loaded.Version);
    }

    private async Task Insert(
        AggregateDefinition definition, StreamId stream, List<(long Version, DateTimeOffset RecordedAt, byte[] State)> batch, CancellationToken ct)
    {
        var tooLarge = batch.RemoveAll(snapshot => snapshot.State.Length > options.MaxSnapshotBytes);
        if (tooLarge > 0)
        {
            LogTooLarge(stream, options.MaxSnapshotBytes);
        }

        if (batch.Count == 0)
        {
            return;
        }

        var leaf = Leaf.Of(definition.Name, await tenants.ShardOf(stream.TenantId, ct));
        await using var command = dataSource.CreateCommand(leaf.Statement("write_snapshots.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.TenantId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AggregateId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = definition.SnapshotSchema });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = definition.StateFingerprint });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. batch.Select(snapshot => snapshot.Version)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]>
        {
            TypedValue = [.. batch.Select(snapshot => snapshot.RecordedAt)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
        });
        command.Parameters.Add(new NpgsqlParameter<byte[][]>
        {
            TypedValue = [.. batch.Select(snapshot => snapshot.State)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
        });
        await command.ExecuteNonQueryAsync(ct);
        metrics.SnapshotsWritten(definition.Name, batch.Count);
        batch.Clear();
    }

    [LoggerMessage(30, LogLevel.Warning, "Could not write the snapshot of {Stream} up to version {Version}; the next load asks again.")]
    private partial void LogFailed(Exception error, StreamId stream, long version);

    [LoggerMessage(31, LogLevel.Warning, "The state of {Stream} is larger than {Limit} bytes; it gets no snapshot and is replayed.")]
    private partial void LogTooLarge(StreamId stream, int limit);
}
