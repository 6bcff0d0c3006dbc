using System.Runtime.CompilerServices;
using Monolith.EventSourcing;
using Monolith.Testing.Conformance;

namespace Monolith.EventStore.Tests.Importing;

/// <summary>Histories to import: the same ids, times and numbers whenever they are read.</summary>
internal static class Histories
{
    public static DateTimeOffset Begin { get; } = new DateTimeOffset(2019, 3, 31, 1, 59, 59, TimeSpan.Zero).AddTicks(1_234_560);

    /// <summary>The event that counts its own version.</summary>
    public static ImportedEvent Count(StreamId stream, long version) => ImportedEvent.Of(stream, version, IdOf(stream, version), TimeOf(version), new Counted(version));

    /// <summary>The events of one stream.</summary>
    public static IEnumerable<ImportedEvent> Of(StreamId stream, long first, long last)
    {
        for (var version = first; version <= last; version++)
        {
            yield return Count(stream, version);
        }
    }

    /// <summary>Version after version of all streams.</summary>
    public static IEnumerable<ImportedEvent> Interleaved(IReadOnlyList<StreamId> streams, long last) =>
        from version in Enumerable.Range(1, (int)last) from stream in streams select Count(stream, version);

    public static Guid IdOf(StreamId stream, long version)
    {
        Span<byte> bytes = stackalloc byte[16];
        stream.AggregateId.TryWriteBytes(bytes);
        BitConverter.TryWriteBytes(bytes[8..], BitConverter.ToInt64(bytes[8..]) ^ (version << 8));
        return new(bytes);
    }

    public static DateTimeOffset TimeOf(long version) => Begin.AddMicroseconds(version * 7);

    public static async IAsyncEnumerable<ImportedEvent> Slowly(this IEnumerable<ImportedEvent> events, [EnumeratorCancellation] CancellationToken ct = default)
    {
        foreach (var imported in events)
        {
            await Task.Yield();
            ct.ThrowIfCancellationRequested();
            yield return imported;
        }
    }
}

/// <summary>Remembers what it was told, when it was told.</summary>
internal sealed class Reports(Action<ImportProgress>? also = null) : IProgress<ImportProgress>
{
    public List<ImportProgress> All { get; } = [];

    public void Report(ImportProgress value)
    {
        All.Add(value);
        also?.Invoke(value);
    }
}
