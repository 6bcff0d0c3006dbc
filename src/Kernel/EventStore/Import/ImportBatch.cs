using System.Runtime.InteropServices;
using System.Text;
using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>An event of a batch as it goes to the server.</summary>
internal readonly record struct ImportedRow(
    ImportedStream Stream, long Version, Guid Id, DateTime RecordedAt, byte[] EventType, short EventVersion, byte[] Data, byte[] Metadata, ClaimChanges Claims);

/// <summary>The part of a stream that is in a batch, and what the store had of it when the batch was about to be written.</summary>
internal sealed class ImportedStream(StreamId id, long firstVersion)
{
    public StreamId Id { get; } = id;

    public byte[] TenantId { get; } = Encoding.UTF8.GetBytes(id.TenantId);

    public long FirstVersion { get; } = firstVersion;

    public long LastVersion { get; set; }

    public DateTime LastTime { get; set; }

    /// <summary>The size of the data of its events.</summary>
    public long Bytes { get; set; }

    public Leaf Leaf { get; set; } = null!;

    /// <summary>The version that the stream is at; 0 when it does not exist.</summary>
    public long Actual { get; set; }

    /// <summary>The time of that version.</summary>
    public DateTime? RecordedAt { get; set; }

    /// <summary>The ids of the stored events from <see cref="FirstVersion"/> on, as far as the batch goes.</summary>
    public Guid[] StoredIds { get; set; } = [];
}

/// <summary>Events in the order of the source, which belong to each other stream by stream.</summary>
internal sealed class ImportBatch
{
    private readonly List<ImportedRow> rows = [];
    private readonly Dictionary<StreamId, ImportedStream> streams = [];
    private long bytes;

    public int Count => rows.Count;

    public IReadOnlyCollection<ImportedStream> Streams => streams.Values;

    public bool IsFull(ImportOptions options) => rows.Count >= options.BatchEvents || bytes >= options.BatchBytes;

    /// <summary>Adds the next event of the source.</summary>
    /// <exception cref="InvalidImportException">It does not follow the one before it in its stream, or cannot be stored.</exception>
    public void Add(ImportedEvent imported, ImportEncoding encoding)
    {
        ref var stream = ref CollectionsMarshal.GetValueRefOrAddDefault(streams, imported.Stream, out var isKnown);
        stream ??= new(imported.Stream, imported.Version) { LastVersion = imported.Version - 1 };
        var row = encoding.Encode(imported, stream);
        if (imported.Version != stream.LastVersion + 1 || imported.Version < 1)
        {
            throw new InvalidImportException(
                InvalidImportException.VersionGap, imported.Stream, imported.Version,
                isKnown ? $"version {stream.LastVersion} comes before it in the source." : "versions begin at 1.");
        }

        if (row.RecordedAt < stream.LastTime)
        {
            throw BeforeItsPredecessor(row, stream.LastTime);
        }

        (stream.LastVersion, stream.LastTime) = (row.Version, row.RecordedAt);
        stream.Bytes += row.Data.Length;
        bytes += row.Data.Length + row.Metadata.Length;
        rows.Add(row);
    }

    /// <summary>The rows that are not stored yet, in the order of the source, once the store was asked.</summary>
    /// <exception cref="ConcurrencyException">Another event stands where the source has one.</exception>
    /// <exception cref="InvalidImportException">The source does not go on where the stream ends.</exception>
    public List<ImportedRow> Missing()
    {
        var missing = new List<ImportedRow>(rows.Count);
        foreach (ref readonly var row in CollectionsMarshal.AsSpan(rows))
        {
            var stream = row.Stream;
            if (row.Version <= stream.Actual)
            {
                var index = row.Version - stream.FirstVersion;
                if (index >= stream.StoredIds.Length || stream.StoredIds[index] != row.Id)
                {
                    throw new ConcurrencyException(stream.Id, ExpectedVersion.Exactly(row.Version - 1), stream.Actual);
                }

                continue;
            }

            if (row.Version == stream.FirstVersion && row.Version != stream.Actual + 1)
            {
                throw new InvalidImportException(
                    InvalidImportException.VersionGap, stream.Id, row.Version, $"the stream is at version {stream.Actual} in the store.");
            }

            if (row.Version == stream.Actual + 1 && row.RecordedAt < stream.RecordedAt)
            {
                throw BeforeItsPredecessor(row, stream.RecordedAt.Value);
            }

            missing.Add(row);
        }

        return missing;
    }

    private static InvalidImportException BeforeItsPredecessor(in ImportedRow row, DateTime before) => new(
        InvalidImportException.TimeBackward, row.Stream.Id, row.Version,
        FormattableString.Invariant($"its time {row.RecordedAt:O} is before {before:O}, that of the event it follows."));
}
