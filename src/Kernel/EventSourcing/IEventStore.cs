namespace Monolith.EventSourcing;

/// <summary>An append-only store of events by stream, with one feed of all of them. Safe for concurrent use.</summary>
public interface IEventStore
{
    /// <summary>
    /// Appends events to one stream: all of them or none. Repeating an append whose events are already stored at the same place succeeds and
    /// writes nothing, so a caller that lost the answer may simply repeat. Appending no events is a no-op that creates nothing.
    /// </summary>
    /// <exception cref="ConcurrencyException">The stream is not at the expected version.</exception>
    /// <exception cref="ClaimTakenException">A claim belongs to another aggregate of the tenant.</exception>
    /// <exception cref="UnstorableEventException">An event, the batch or the metadata is too large or holds the character NUL.</exception>
    /// <exception cref="UnknownTenantException">The store knows no such tenant.</exception>
    /// <exception cref="TenantDisabledException">The tenant is switched off.</exception>
    /// <exception cref="AggregateArchivedException">The stream is archived.</exception>
    /// <exception cref="TenantMovingException">The tenant is being moved to another shard, and that takes long. Repeating the append is safe.</exception>
    Task<AppendResult> Append(AppendRequest request, CancellationToken ct = default);

    /// <summary>
    /// Reads the state of one aggregate in one round trip: the newest usable snapshot and the events after it, or, for a type that is cached,
    /// the events after the version in memory.
    /// A stream that does not exist gives the initial state at version 0. One that is archived takes a second round trip, as finding out that there is
    /// none does.
    /// </summary>
    /// <exception cref="UnknownEventTypeException">The stream holds an event whose name no type declares.</exception>
    /// <exception cref="UnreadableEventException">A stored event cannot be read as its type.</exception>
    Task<LoadedState<TState>> Load<TState>(StreamId stream, AsOf asOf = default, CancellationToken ct = default)
        where TState : class, IState<TState>;

    /// <summary>Reads the events of one stream, forward or backward, as they arrive. A stream that does not exist gives none.</summary>
    IAsyncEnumerable<EventEnvelope> Read(StreamId stream, StreamRange range, CancellationToken ct = default);

    /// <summary>
    /// Reads the feed in position order up to the watermark: behind it no event can appear any more, so the last position read is a
    /// checkpoint that misses nothing.
    /// </summary>
    IAsyncEnumerable<EventEnvelope> ReadFeed(FeedRange range, CancellationToken ct = default);

    /// <summary>
    /// Finds events of one tenant and one aggregate type by what their data holds, in position order up to the watermark.
    /// </summary>
    /// <exception cref="NotSearchableException">The type has not opted in.</exception>
    /// <exception cref="InvalidSearchException">The fragment is no JSON object, or holds no value to look for.</exception>
    /// <exception cref="UnknownTenantException">The store knows no such tenant.</exception>
    /// <exception cref="TenantDisabledException">The tenant is switched off.</exception>
    IAsyncEnumerable<EventEnvelope> Search(EventSearch search, CancellationToken ct = default);

    /// <summary>
    /// Closes a stream and moves its rows to the archive: partitions that appends never touch. It can still be read, at every version and time, and the
    /// feed has its events where they always were; appends are refused. Claims that the aggregate has not given back stay taken.
    /// </summary>
    /// <remarks>
    /// Transactions that are appending, or are reading the tables of events, when this is called are waited for, so one that stays open keeps it waiting;
    /// appends to other streams never wait for it. Archiving again does nothing. When the process dies in the middle, the
    /// stream refuses appends already and archiving it again goes on.
    /// </remarks>
    /// <param name="stream">The stream.</param>
    /// <param name="expected">What the caller believes of the stream; <see cref="ExpectedVersion.Any"/> to archive it as it is.</param>
    /// <param name="ct">Gives up, which leaves the stream as it was, unless it is moved already.</param>
    /// <returns>Whether it was not archived before.</returns>
    /// <exception cref="AggregateNotFoundException">There is no such stream.</exception>
    /// <exception cref="ConcurrencyException">The stream is not at the expected version, or somebody wrote to it meanwhile. It is not archived.</exception>
    /// <exception cref="UnknownTenantException">The store knows no such tenant.</exception>
    /// <exception cref="TenantDisabledException">The tenant is switched off.</exception>
    Task<bool> Archive(StreamId stream, ExpectedVersion expected, CancellationToken ct = default);

    /// <summary>Moves a stream out of the archive again: it is as it was, and can be appended to. A stream that is not archived stays as it is.</summary>
    /// <returns>Whether it was archived.</returns>
    /// <exception cref="AggregateNotFoundException">There is no such stream.</exception>
    /// <exception cref="UnknownTenantException">The store knows no such tenant.</exception>
    /// <exception cref="TenantDisabledException">The tenant is switched off.</exception>
    Task<bool> Restore(StreamId stream, CancellationToken ct = default);
}

/// <summary>Events to append to one stream.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Expected">What the writer believes of the stream.</param>
/// <param name="Events">The events, oldest first. Enumerated once, before anything is sent.</param>
public sealed record AppendRequest(StreamId Stream, ExpectedVersion Expected, IEnumerable<NewEvent> Events)
{
    /// <summary>Claims to take and give back in the same transaction.</summary>
    public ClaimChanges Claims { get; init; } = ClaimChanges.None;

    /// <summary>Stored with each of the events.</summary>
    public EventMetadata Metadata { get; init; } = EventMetadata.Empty;
}

/// <summary>What an append did.</summary>
/// <param name="Version">The version of the last event appended.</param>
/// <param name="Position">Its position in the feed; 0 when nothing was appended.</param>
public readonly record struct AppendResult(long Version, long Position);

/// <summary>A state that was read, and what reading it took.</summary>
/// <typeparam name="TState">The type of the state.</typeparam>
/// <param name="State">The state.</param>
/// <param name="Version">The version of the last event in it; 0 for none.</param>
/// <param name="SnapshotVersion">The version of the snapshot it was built on; 0 for none.</param>
/// <param name="EventsRead">How many events were read and folded, on top of the snapshot or of the state in memory.</param>
public sealed record LoadedState<TState>(TState State, long Version, long SnapshotVersion, int EventsRead)
{
    /// <summary>The version at which the state was in memory, for types that are cached; 0 when it was not and came from snapshot and tail.</summary>
    public long CachedVersion { get; init; }

    /// <summary>Whether the aggregate is archived: this is its state for good, unless it is restored.</summary>
    public bool IsArchived { get; init; }
}

/// <summary>Which events of a stream to read, and in which order.</summary>
public sealed record StreamRange
{
    /// <summary>The whole stream, oldest first.</summary>
    public static StreamRange All { get; } = new();

    /// <summary>The lowest version that counts.</summary>
    public long FromVersion { get; init; } = 1;

    /// <summary>The highest version that counts.</summary>
    public long ToVersion { get; init; } = long.MaxValue;

    /// <summary>The latest time of recording that counts; null for any.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Newest first.</summary>
    public bool Backward { get; init; }

    /// <summary>How many events at the most; counted as stored, before upcasting.</summary>
    public int Limit { get; init; } = int.MaxValue;
}

/// <summary>Which part of the feed to read.</summary>
public sealed record FeedRange
{
    /// <summary>The position after which to start; 0 for the beginning.</summary>
    public long After { get; init; }

    /// <summary>Only events recorded at or after this time; null for any.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Only events of these aggregate types; empty for all.</summary>
    public IReadOnlyList<string> AggregateTypes { get; init; } = [];

    /// <summary>Only events of this tenant; null for all tenants, which only code that serves all of them may ask for.</summary>
    public string? TenantId { get; init; }

    /// <summary>How many events at the most; those left out by the filters do not count.</summary>
    public int Limit { get; init; } = 1000;
}
