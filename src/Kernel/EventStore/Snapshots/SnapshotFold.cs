using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>Reads a stream on from a state and writes the snapshots that are to stand behind its events.</summary>
internal sealed partial class SnapshotFold(EventReader streams, SnapshotTable table, EventStoreOptions options, ILogger<SnapshotFold> logger)
{
    // States of one stream that travel in one statement.
    private const int BatchSize = 32;

    /// <summary>Folds on from a state and writes the snapshots that are wanted, except those that are too large.</summary>
    /// <param name="definition">The type.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="start">A state of it.</param>
    /// <param name="upTo">The last version to look at.</param>
    /// <param name="isWanted">Whether a snapshot is to stand behind an event; asked for each in turn, with version and size.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>How many were written.</returns>
    public async Task<int> Write(
        AggregateDefinition definition, StreamId stream, (object State, long Version) start, long upTo, Func<long, long, bool> isWanted, CancellationToken ct)
    {
        var (state, written, isTooLarge) = (start.State, 0, false);
        var batch = new List<Snapshot>(BatchSize);
        var retention = SnapshotRetention.Of(definition);
        await foreach (var (row, events) in streams.ReadRows(stream, new() { FromVersion = start.Version + 1, ToVersion = upTo }, ct))
        {
            for (var i = 0; i < events.Count; i++)
            {
                state = definition.Apply(state, events[i]);
            }

            if (isWanted(row.Version, row.DataBytes))
            {
                var json = definition.SerializeState(state);
                if (json.Length > options.MaxSnapshotBytes)
                {
                    isTooLarge = true;
                    continue;
                }

                batch.Add(new(row.Version, row.RecordedAt, json));
                if (batch.Count == BatchSize)
                {
                    // What the ones behind it make superfluous need not be written first.
                    retention.Thin(batch, snapshot => snapshot.Version);
                    written += batch.Count == BatchSize ? await table.Write(definition, stream, batch, ct) : 0;
                }
            }
        }

        if (isTooLarge)
        {
            LogTooLarge(stream, options.MaxSnapshotBytes);
        }

        return written + await table.Write(definition, stream, batch, ct);
    }

    [LoggerMessage(31, LogLevel.Warning, "The state of {Stream} is larger than {Limit} bytes; it gets no snapshot and is replayed.")]
    private partial void LogTooLarge(StreamId stream, int limit);
}
