namespace Monolith.EventStore.Projections;

/// <summary>How projections are run.</summary>
public sealed class ProjectionOptions
{
    /// <summary>The most events of one batch. A batch begins smaller and grows while it is written quickly.</summary>
    public int MaxBatchEvents { get; set; } = 2000;

    /// <summary>How many batches are read or written at the same moment; each needs a connection.</summary>
    public int ConcurrentBatches { get; set; } = Math.Clamp(Environment.ProcessorCount * 2, 4, 16);

    /// <summary>How many batches of rebuilds are read or written beside those, so that a rebuild leaves room for live projections.</summary>
    public int RebuildBatches { get; set; } = Math.Clamp(Environment.ProcessorCount, 2, 8);

    /// <summary>
    /// The most bytes that all rebuilds together may take beside the live rows; null when only the server's disk counts, as far as it is known. A rebuild needs about
    /// what the live tables and their indexes take.
    /// </summary>
    public long? RebuildDiskLimit { get; set; }

    /// <summary>How often at most the log says how far rebuilds are; one of several at a time.</summary>
    public TimeSpan RebuildReports { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many new events are kept for a projection that is busy. When it falls further behind, it reads for itself until it has caught up.</summary>
    public int LiveBuffer { get; set; } = 10_000;

    /// <summary>How often a host says that it is alive and looks which shards are its own.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a host that says nothing keeps its shards. A host whose process has died loses them at the next heartbeat of another.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether a session of the database shows that the host is alive. Switch it off behind a pool that shares sessions, such as PgBouncer in
    /// transaction mode: then only <see cref="Lease"/> counts.
    /// </summary>
    public bool SessionShowsLife { get; set; } = true;

    /// <summary>How often the checkpoints of projections that had nothing to do are moved, all with one statement.</summary>
    public TimeSpan IdleCheckpoints { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an event that a projection fails on is tried before it is parked with the later ones of its aggregate.</summary>
    public int Attempts { get; set; } = 5;

    /// <summary>How often an event may take the whole process down before it is parked untried.</summary>
    public int Deliveries { get; set; } = 3;

    /// <summary>The pause after a failure: from the first to the second, doubling, with jitter.</summary>
    public (TimeSpan First, TimeSpan Longest) RetryDelay { get; set; } = (TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));

    /// <summary>
    /// How long a projection that has work may go without any sign of life, neither progress nor a failure, before it is started anew. When its own code did not
    /// come back from an event, that counts like a death of the process: after <see cref="Deliveries"/> times the event is parked.
    /// </summary>
    public TimeSpan StallAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long a host that stops waits for projections that do not end, such as a subscription that ignores its token. They are left behind then: the next owner
    /// begins at the last checkpoint, and they cannot write any more.
    /// </summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Throws unless every value is in its range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Check(MaxBatchEvents is >= 1 and <= 100_000, nameof(MaxBatchEvents), "1 to 100,000");
        Check(ConcurrentBatches is >= 1 and <= 256, nameof(ConcurrentBatches), "1 to 256");
        Check(LiveBuffer is >= 1 and <= 1_000_000, nameof(LiveBuffer), "1 to 1,000,000");
        Check(Heartbeat > TimeSpan.Zero, nameof(Heartbeat), "more than zero");
        Check(Lease >= Heartbeat * 2, nameof(Lease), "at least two heartbeats");
        Check(IdleCheckpoints > TimeSpan.Zero, nameof(IdleCheckpoints), "more than zero");
        Check(Attempts >= 1, nameof(Attempts), "1 or more");
        Check(Deliveries >= 1, nameof(Deliveries), "1 or more");
        Check(StallAfter >= Heartbeat * 4 && StallAfter > RetryDelay.Longest, nameof(StallAfter), "at least four heartbeats, and more than the longest RetryDelay");
        Check(StopTimeout > TimeSpan.Zero, nameof(StopTimeout), "more than zero");
        Check(RebuildBatches is >= 1 and <= 256, nameof(RebuildBatches), "1 to 256");
        Check(RebuildDiskLimit is null or >= 0, nameof(RebuildDiskLimit), "0 or more");
        Check(RebuildReports > TimeSpan.Zero, nameof(RebuildReports), "more than zero");
        Check(RetryDelay.First > TimeSpan.Zero && RetryDelay.Longest >= RetryDelay.First, nameof(RetryDelay), "more than zero, the second at least the first");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"Projections:{name} is out of range; expected {expected}.", name);
        }
    }
}
