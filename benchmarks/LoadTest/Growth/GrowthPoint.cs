namespace Monolith.LoadTest.Growth;

/// <summary>What things cost in a store of one size. Times are in microseconds for each append or load.</summary>
internal sealed record GrowthPoint(long Events)
{
    public required int Streams { get; init; }

    /// <summary>Events a second, by COPY, on the way from the size before.</summary>
    public required double ImportRate { get; init; }

    /// <summary>Bytes on disk for each event, indexes included.</summary>
    public required double BytesPerEvent { get; init; }

    public required double Load { get; init; }

    /// <summary>Pages for each load that were not in the server's buffers.</summary>
    public required double PagesRead { get; init; }

    public required Paired LoneAppend { get; init; }

    public required Paired SixteenAppends { get; init; }

    /// <summary>Bytes of the log for each append of whoever writes alone.</summary>
    public required double LogPerAppend { get; init; }

    /// <summary>What all events take, the start of the projection included.</summary>
    public TimeSpan? CatchUp { get; init; }

    /// <summary>The same of a rebuild, with the swap of the tables. Some three seconds of it are the same for any store: hosts look for work by their heartbeats.</summary>
    public TimeSpan? Rebuild { get; init; }

    /// <summary>What a rebuild takes for each event, from the first that it has taken to the last; null where that was over too soon to tell.</summary>
    public double? RebuildEach { get; init; }

    /// <summary>What each event takes that this store has more than the one before it: the start, which is the same for any store, would make a small one look dear.</summary>
    public double? CatchUpFurther(GrowthPoint? before) =>
        CatchUp - before?.CatchUp is { } longer && longer > TimeSpan.Zero ? longer.TotalMicroseconds / (Events - before!.Events) : null;
}

/// <summary>An append, and a bare INSERT of the same row into a small table at the same time: what the disk alone makes slower shows in both.</summary>
internal readonly record struct Paired(double Append, double Bare)
{
    public double Ratio => Append / Bare;

    /// <summary>The pair in the middle, by its ratio.</summary>
    public static Paired Median(IEnumerable<Paired> pairs)
    {
        var sorted = pairs.OrderBy(pair => pair.Ratio).ToList();
        return sorted[sorted.Count / 2];
    }
}
