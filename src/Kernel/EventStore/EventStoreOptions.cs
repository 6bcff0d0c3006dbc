namespace Monolith.EventStore;

/// <summary>How the store is set up. Sizes are in bytes of UTF-8 JSON.</summary>
public sealed class EventStoreOptions
{
    /// <summary>How many shards the tenants of the pool are spread over. Fixed when the store is made; 1 to 64.</summary>
    public int PoolShards { get; set; } = 8;

    /// <summary>The largest event. A larger one is refused with the code <c>event_too_large</c>.</summary>
    public int MaxEventBytes { get; set; } = 1024 * 1024;

    /// <summary>The largest metadata of one append.</summary>
    public int MaxMetadataBytes { get; set; } = 32 * 1024;

    /// <summary>The most events of one append.</summary>
    public int MaxBatchEvents { get; set; } = 50_000;

    /// <summary>The most bytes of event data of one append.</summary>
    public int MaxBatchBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>The largest state that is kept as a snapshot; a larger one is not, and its aggregate is replayed.</summary>
    public int MaxSnapshotBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// How many statements of appends are on their way at a time; what arrives meanwhile shares the next one and its commit. 0 switches this off:
    /// then every append is a statement and a commit of its own.
    /// </summary>
    public int AppendLanes { get; set; } = 2;

    /// <summary>How many streams may wait for their snapshots. Beyond that the oldest request is dropped; the next load asks again.</summary>
    public int SnapshotQueue { get; set; } = 4096;

    /// <summary>How many states of cached aggregate types are kept in memory; the least recently used make room. 0 switches the cache off.</summary>
    public int MaxCachedStates { get; set; } = 10_000;

    /// <summary>
    /// How large the cached states may be in all, measured as JSON; the objects take about two to three times that. 0 switches the cache off.
    /// </summary>
    public long MaxCachedBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long the feed waits before it asks the database again although nothing was appended here: grows from the first to the second.</summary>
    public (TimeSpan Shortest, TimeSpan Longest) FeedPolling { get; set; } = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(500));

    /// <summary>
    /// Whether hosts tell each other of appends by NOTIFY, so that none waits for its next poll; each holds one connection that listens. Switch it off
    /// behind a pool that shares sessions, such as PgBouncer in transaction mode: there nobody can listen, and polling finds everything.
    /// </summary>
    public bool Notify { get; set; } = true;

    /// <summary>
    /// How long an append waits for a tenant that is in the last step of a move, before it fails with the transient code <c>tenant_moving</c>. The mover gives up
    /// after half of that, so that appends get through either way; in the steps before, it waits as long as this for others.
    /// </summary>
    public TimeSpan LongestTenantMove { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After how long a transaction that holds the feed back is warned of, once, by its server process.</summary>
    public TimeSpan FeedHoldWarning { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether counts and times of appends carry the tenant as a label. Off, because metrics then grow with the number of tenants: meant for some dozens.
    /// </summary>
    public bool TenantLabel { get; set; }

    /// <summary>
    /// The role that the application connects as, so that the migrator, which connects as the owner, grants it what the running application needs and
    /// takes from it everything else. It has to exist. Null leaves all privileges as they are.
    /// </summary>
    public string? ApplicationRole { get; set; }

    /// <summary>Throws unless every value is in its range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Check(PoolShards is >= 1 and <= 64, nameof(PoolShards), "1 to 64");
        Check(MaxEventBytes is >= 1024 and <= 64 * 1024 * 1024, nameof(MaxEventBytes), "1 KiB to 64 MiB");
        Check(MaxMetadataBytes is >= 256 and <= 1024 * 1024, nameof(MaxMetadataBytes), "256 bytes to 1 MiB");
        Check(MaxBatchEvents is >= 1 and <= 1_000_000, nameof(MaxBatchEvents), "1 to 1,000,000");
        Check(MaxBatchBytes >= MaxEventBytes, nameof(MaxBatchBytes), "at least MaxEventBytes");
        Check(MaxSnapshotBytes >= 1024, nameof(MaxSnapshotBytes), "1 KiB or more");
        Check(AppendLanes is >= 0 and <= 64, nameof(AppendLanes), "0 to 64");
        Check(SnapshotQueue >= 1, nameof(SnapshotQueue), "1 or more");
        Check(MaxCachedStates >= 0, nameof(MaxCachedStates), "0 or more");
        Check(MaxCachedBytes >= 0, nameof(MaxCachedBytes), "0 or more");
        Check(ApplicationRole is null or { Length: >= 1 and <= 63 }, nameof(ApplicationRole), "the name of a role, 1 to 63 characters; leave it out to manage none");
        Check(FeedPolling.Shortest > TimeSpan.Zero && FeedPolling.Longest >= FeedPolling.Shortest, nameof(FeedPolling), "more than zero, the second at least the first");
        Check(
            LongestTenantMove >= TimeSpan.FromMilliseconds(100) && LongestTenantMove <= TimeSpan.FromHours(1), nameof(LongestTenantMove), "0.1 seconds to 1 hour");
        Check(FeedHoldWarning > TimeSpan.Zero, nameof(FeedHoldWarning), "more than zero");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"EventStore:{name} is out of range; expected {expected}.", name);
        }
    }
}
