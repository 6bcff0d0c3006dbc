using System.Runtime.InteropServices;
using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>
/// How much event data lies behind the last snapshot of a stream, as far as this process has seen: what it has appended, and what its loads have read.
/// A guide, not the truth: others append too, and streams that were not used for long are forgotten. A load that reads the whole tail knows better
/// and says so. Safe for concurrent use.
/// </summary>
/// <param name="capacity">After so many streams the older ones are forgotten; at most twice as many are remembered.</param>
internal sealed class TailSizes(int capacity = 16_384)
{
    private readonly Lock gate = new();
    private Dictionary<StreamId, Tail> recent = [];
    private Dictionary<StreamId, Tail> older = [];

    /// <summary>Adds what was appended here.</summary>
    /// <returns>The size of the tail now.</returns>
    public long Appended(StreamId stream, long version, long bytes)
    {
        lock (gate)
        {
            var tail = Of(stream);
            if (version > tail.ReadUpTo)
            {
                // Answers of appends come in any order, so each counts by itself.
                tail.Bytes += bytes;
                tail.Version = Math.Max(tail.Version, version);
            }

            return tail.Bytes;
        }
    }

    /// <summary>Adds what a load has read on top of a state in memory, unless it is known.</summary>
    public long Read(StreamId stream, long version, long bytes)
    {
        lock (gate)
        {
            var tail = Of(stream);
            if (version > tail.Version)
            {
                tail.Bytes += bytes;
                tail.Version = tail.ReadUpTo = version;
            }

            return tail.Bytes;
        }
    }

    /// <summary>Sets the size of a tail that was read as a whole.</summary>
    public long ReadWhole(StreamId stream, long version, long bytes)
    {
        lock (gate)
        {
            var tail = Of(stream);
            if (version >= tail.Version)
            {
                // Another object, so that what a snapshot writer concludes from the former one is not taken for this one.
                recent[stream] = tail = new() { Version = version, ReadUpTo = version, Bytes = bytes };
            }

            return tail.Bytes;
        }
    }

    /// <summary>What is known of a stream, for whoever begins to write its snapshot.</summary>
    public Known Look(StreamId stream)
    {
        lock (gate)
        {
            var tail = Of(stream);
            return new(tail, tail.Version, tail.Bytes);
        }
    }

    /// <summary>Takes off what has come into snapshots since the look, by the one writer that there is.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="known">What was known when the writer began.</param>
    /// <param name="left">How much of it lies behind the last snapshot still.</param>
    public void Written(StreamId stream, Known known, long left)
    {
        lock (gate)
        {
            var tail = Of(stream);
            if (ReferenceEquals(tail, known.Tail))
            {
                tail.Bytes += left - known.Bytes;
            }
        }
    }

    private Tail Of(StreamId stream)
    {
        if (recent.Count >= capacity && !recent.ContainsKey(stream))
        {
            (older, recent) = (recent, []);
        }

        ref var tail = ref CollectionsMarshal.GetValueRefOrAddDefault(recent, stream, out var isRecent);
        if (!isRecent)
        {
            tail = older.GetValueOrDefault(stream) ?? new();
        }

        return tail!;
    }

    /// <summary>What is known of a stream at a moment.</summary>
    /// <param name="Tail">The tail itself: it is another one after it was read as a whole.</param>
    /// <param name="Version">The version up to which something is known; it is stored.</param>
    /// <param name="Bytes">The size.</param>
    public readonly record struct Known(object Tail, long Version, long Bytes);

    private sealed class Tail
    {
        /// <summary>The version up to which something is known.</summary>
        public long Version { get; set; }

        /// <summary>The version up to which it was read, appends of this process included.</summary>
        public long ReadUpTo { get; set; }

        public long Bytes { get; set; }
    }
}
