using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// The event store on PostgreSQL: partitioned by aggregate type and shard, with snapshots and a feed that misses nothing. Run
/// <see cref="Migrator"/> before first use. Safe for concurrent use; dispose it to stop its background work.
/// </summary>
public sealed class PostgresEventStore : IEventStore, IAsyncDisposable
{
    private readonly Appender appender;
    private readonly MultiStreamAppender multiStreamAppender;
    private readonly EventReader streams;
    private readonly CachedReader states;
    private readonly EventSearcher searcher;
    private readonly Archiver archiver;
    private readonly SnapshotWriter snapshots;
    private readonly Importer importer;
    private readonly SnapshotRebuild rebuild;
    private readonly DomainModel model;
    private readonly bool ownsMetrics;

    /// <summary>A store on a data source that the caller keeps.</summary>
    /// <param name="dataSource">The database. Statements are prepared when the connection string says <c>Max Auto Prepare</c>; see <see cref="ConnectionStrings"/>.</param>
    /// <param name="model">The events and aggregates that it holds.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="time">The clock that gives <see cref="EventEnvelope.RecordedAt"/>.</param>
    /// <param name="loggers">Where it logs; null for nowhere.</param>
    /// <param name="metrics">Its instruments; null for instruments of its own.</param>
    /// <param name="inline">The projections that appends apply in their own transaction; null for none.</param>
    public PostgresEventStore(
        NpgsqlDataSource dataSource,
        DomainModel model,
        EventStoreOptions? options = null,
        TimeProvider? time = null,
        ILoggerFactory? loggers = null,
        StoreMetrics? metrics = null,
        InlineProjections? inline = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(model);
        options ??= new();
        options.Validate();
        time ??= TimeProvider.System;
        loggers ??= NullLoggerFactory.Instance;
        this.model = model;
        ownsMetrics = metrics is null;
        Metrics = metrics ?? new(tenants: options.TenantLabel);
        Tenants = new(dataSource, time, options);
        Feed = new(dataSource, model, options, time, Metrics, loggers.CreateLogger<Feed>());
        var inlineViews = new InlineViews(dataSource, model, inline);
        appender = new(dataSource, model, Tenants, inlineViews, options, time, Metrics);
        multiStreamAppender = new(dataSource, model, Tenants, inlineViews, options, time, Metrics);
        streams = new(dataSource, model, Tenants, Metrics, loggers.CreateLogger<EventReader>());
        states = new(streams, model, options, Metrics);
        searcher = new(dataSource, model, Tenants, Feed);
        archiver = new(dataSource, Tenants, time);
        var fold = new SnapshotFold(streams, new(dataSource, Tenants, Metrics), options, loggers.CreateLogger<SnapshotFold>());
        snapshots = new(model, streams, fold, options, Metrics, loggers.CreateLogger<SnapshotWriter>());
        rebuild = new(dataSource, Tenants, streams, fold, loggers.CreateLogger<SnapshotRebuild>());
        importer = new(dataSource, model, Tenants, inlineViews, options, time, Metrics, Imported);
    }

    /// <summary>The feed of all events.</summary>
    public Feed Feed { get; }

    /// <summary>The tenants.</summary>
    public Tenants Tenants { get; }

    internal StoreMetrics Metrics { get; }

    /// <inheritdoc />
    public async Task<AppendResult> Append(AppendRequest request, CancellationToken ct = default)
    {
        var (result, before, bytesToLoad) = await AppendObserved(request, transaction: null, ct);
        if (result.Position > 0)
        {
            Feed.Signal();
            snapshots.Appended(request.Stream, before, result.Version, bytesToLoad);
        }

        return result;
    }

    /// <summary>
    /// Appends events to one stream in a transaction of the caller's: they are stored when it commits, together with whatever else it wrote.
    /// Does what <see cref="Append(AppendRequest, CancellationToken)"/> does, in one round trip, but never together with other appends.
    /// </summary>
    /// <remarks>
    /// <para>
    /// From this call to its end the transaction holds the feed back, for all readers of all tenants, and keeps other writers of the stream waiting:
    /// append last, and end it soon. While it is open, do not await another append to the same stream. Transactions that append to several
    /// streams do it in one order, or deadlock.
    /// </para>
    /// <para>
    /// An append that is refused leaves the transaction as it was and usable: it runs in a savepoint. After an
    /// <see cref="EventStoreUnavailableException"/> roll back, and repeat the whole transaction; with the same event ids that is safe.
    /// </para>
    /// <para>
    /// The store does not learn of the commit. Readers of the feed find the events at their next poll (<see cref="EventStoreOptions.FeedPolling"/>), or
    /// at once when <see cref="Feed.Signal"/> is called after the commit; a snapshot that is due is written after the next load.
    /// </para>
    /// <para>
    /// While the tenant is in the last step of a move, this does not wait for its end: a transaction that has appended already is one that the mover waits for.
    /// It fails with <see cref="TenantMovingException"/>, which is transient: roll back, and repeat the whole transaction.
    /// </para>
    /// </remarks>
    /// <param name="request">The events.</param>
    /// <param name="transaction">An open transaction at the level read committed, in the store's database.</param>
    /// <param name="ct">Cancels the append, not the transaction.</param>
    /// <exception cref="ArgumentException">The transaction has another isolation level.</exception>
    /// <exception cref="InvalidOperationException">The transaction has ended.</exception>
    /// <inheritdoc cref="IEventStore.Append" path="/exception"/>
    public async Task<AppendResult> Append(AppendRequest request, NpgsqlTransaction transaction, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return (await AppendObserved(request, transaction, ct)).Result;
    }

    /// <summary>
    /// Appends to several streams of one tenant: to all of them or to none, claims included, in one round trip. The exception to the rule that a
    /// transaction changes one aggregate.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The rule keeps aggregates independent: each can be loaded, decided and written by itself, and a conflict in one undoes nothing in another. Where a
    /// process may go through a state in between (money has left one account and not reached the other), let an event of the first
    /// aggregate lead to a command for the second. Append to several only where no reader may ever see one without the other.
    /// </para>
    /// <para>
    /// Streams are written in the order of their types and ids, not of the requests, so that calls that share streams wait for each other and never
    /// deadlock; within a stream events keep their order. A claim that one of the aggregates gives back may be taken by another in the same call.
    /// </para>
    /// <para>
    /// A repeat of the same requests with the same event ids succeeds and writes nothing, provided that at least one of them names a version: as with
    /// <see cref="ExpectedVersion.Any"/> in a single append, requests that name none are not recognised by themselves.
    /// </para>
    /// </remarks>
    /// <param name="requests">At most one for each stream, all of one tenant. Together they are held to the limits of one append.</param>
    /// <param name="ct">Cancels the call; what is on its way is written whole or not at all.</param>
    /// <returns>The results, in the order of the requests.</returns>
    /// <exception cref="ArgumentException">A stream is named twice, or the requests are of several tenants.</exception>
    /// <exception cref="ConcurrencyException">A stream, which it names, is not at its expected version. Nothing was written to any.</exception>
    /// <exception cref="ClaimTakenException">A claim belongs to another aggregate of the tenant, or two of the requests take it.</exception>
    /// <exception cref="UnstorableEventException">An event, the batch or the metadata is too large or holds the character NUL.</exception>
    /// <exception cref="UnknownTenantException">The store knows no such tenant.</exception>
    /// <exception cref="TenantDisabledException">The tenant is switched off.</exception>
    /// <exception cref="AggregateArchivedException">A stream, which it names, is archived. Nothing was written to any.</exception>
    /// <exception cref="TenantMovingException">A move of the tenant has not ended within <see cref="EventStoreOptions.LongestTenantMove"/>.</exception>
    public async Task<IReadOnlyList<AppendResult>> AppendMany(IReadOnlyList<AppendRequest> requests, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var stored = await AppendObserved(requests, ct);
        for (var i = 0; i < stored.Length; i++)
        {
            if (stored[i].Result.Position > 0)
            {
                Feed.Signal();
                snapshots.Appended(requests[i].Stream, stored[i].Before, stored[i].Result.Version, stored[i].BytesToLoad);
            }
        }

        return Array.ConvertAll(stored, append => append.Result);
    }

    /// <summary>
    /// Stores a history that was made elsewhere, as it is: with its ids, versions and times, batch by batch in the order of the source, which is the
    /// order they have in the feed. For migrations; works while others append and read.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Each batch is a transaction, stored whole or not at all, and holds the feed back while it is written. When something stops an import, the batches
    /// before it are stored. Run it again from the beginning of the source: events that stand at their versions with the same ids are skipped, and it
    /// goes on where it was. So the source must give the same events, with the same ids, whenever it is read.
    /// </para>
    /// <para>
    /// A stream may exist already: the source then begins with its first event, or with the one after its last. Others may go on appending to other
    /// streams; one that appends to a stream before the source is through with it makes the import end with a <see cref="ConcurrencyException"/>.
    /// </para>
    /// <para>
    /// Snapshots are asked for after each batch. Their queue is bounded (<see cref="EventStoreOptions.SnapshotQueue"/>), and an import can be faster
    /// than they are written: one that is missing afterwards is written after the next load.
    /// </para>
    /// </remarks>
    /// <param name="events">The source, in any order of streams, each stream in the order of its versions. Read ahead by one batch.</param>
    /// <param name="options">The size of batches; null for the defaults.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="ct">Ends the import; a batch on its way is written whole or not at all.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="InvalidImportException">An event of the source, which it names, cannot be stored: a version is missing, a time runs backward, it
    /// is too large, holds the character NUL, or takes a claim that another aggregate has.</exception>
    /// <exception cref="ConcurrencyException">A stream, which it names, has another event where the source has one.</exception>
    /// <exception cref="AggregateArchivedException">A stream, which it names, is archived.</exception>
    /// <exception cref="InlineProjectionException">An inline projection reads events of the source: an import does not apply it.</exception>
    /// <exception cref="UnknownEventTypeException">No registered type declares the stored name of an event.</exception>
    /// <exception cref="UnreadableEventException">The JSON of an event does not fit its type.</exception>
    /// <exception cref="UnstorableEventException">The server refuses the JSON of an event: it is no valid Unicode, or a number is beyond all bounds.</exception>
    /// <exception cref="UnknownTenantException">The store knows no such tenant.</exception>
    /// <exception cref="TenantDisabledException">The tenant is switched off.</exception>
    public Task<ImportProgress> Import(
        IAsyncEnumerable<ImportedEvent> events, ImportOptions? options = null, IProgress<ImportProgress>? progress = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        return importer.Import(events, options ?? new(), progress, ct);
    }

    /// <inheritdoc />
    public async Task<LoadedState<TState>> Load<TState>(StreamId stream, AsOf asOf = default, CancellationToken ct = default)
        where TState : class, IState<TState>
    {
        if (model.Aggregate(stream.AggregateType).StateType != typeof(TState))
        {
            throw new InvalidModelException($"The state of '{stream.AggregateType}' is not a {typeof(TState).FullName}.");
        }

        using var span = StoreTracing.Load(stream.AggregateType);
        var loaded = await span.Observe(states.Load(stream, asOf, ct));
        span?.SetTag("monolith.events", loaded.EventsRead);
        if (asOf == AsOf.Now && !loaded.IsArchived)
        {
            snapshots.Loaded(stream, loaded);
        }

        return new((TState)loaded.State, loaded.Version, loaded.SnapshotVersion, loaded.EventsRead)
        {
            CachedVersion = loaded.CachedVersion,
            IsArchived = loaded.IsArchived,
        };
    }

    /// <inheritdoc />
    public IAsyncEnumerable<EventEnvelope> Read(StreamId stream, StreamRange range, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(range);
        return streams.Read(stream, range, ct);
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<EventEnvelope> ReadFeed(
        FeedRange range, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(range);
        var shard = range.TenantId is null ? null : await Tenants.Find(range.TenantId, ct);
        var page = await Feed.Read(range, shard, ct);
        while (range.TenantId is { } tenant && page.Events.Count == 0 && await Tenants.Find(tenant, ct) is var now && now != shard)
        {
            // The tenant has moved to another shard since we looked.
            page = await Feed.Read(range, shard = now, ct);
        }

        foreach (var envelope in page.Events)
        {
            yield return envelope;
        }
    }

    /// <inheritdoc />
    public IAsyncEnumerable<EventEnvelope> Search(EventSearch search, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        return searcher.Search(search, ct);
    }

    /// <inheritdoc />
    public Task<bool> Archive(StreamId stream, ExpectedVersion expected, CancellationToken ct = default)
    {
        _ = model.Aggregate(stream.AggregateType);
        return PostgresErrors.Translate(archiver.Archive(stream, expected, ct));
    }

    /// <inheritdoc />
    public Task<bool> Restore(StreamId stream, CancellationToken ct = default)
    {
        _ = model.Aggregate(stream.AggregateType);
        return PostgresErrors.Translate(archiver.Restore(stream, ct));
    }

    /// <summary>
    /// Writes the snapshots that streams of an aggregate type should have and have not: after a change of the state's shape, its schema number or its policy,
    /// or after an import. Loads do the same by themselves, one stream at a time; this does it before they have to.
    /// </summary>
    /// <remarks>
    /// It reads page by page and may run while hosts work; what it writes is what they would write. When it is stopped or fails, call it again: what is
    /// there already is passed over. A stream that cannot be folded is logged, counted and passed over too. Disabled tenants are left out.
    /// </remarks>
    /// <param name="aggregateType">The stored name of the type.</param>
    /// <param name="tenantId">Only streams of this tenant; null for those of all active tenants.</param>
    /// <param name="progress">Told how far it has come, after each page of streams and each tenant.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>What it has done.</returns>
    /// <exception cref="InvalidModelException">No aggregate declares the name.</exception>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    /// <exception cref="TenantDisabledException">The tenant is disabled.</exception>
    /// <exception cref="EventStoreUnavailableException">The database could not do its work; begin again when it can.</exception>
    public Task<SnapshotRebuildProgress> RebuildSnapshots(
        string aggregateType, string? tenantId = null, IProgress<SnapshotRebuildProgress>? progress = null, CancellationToken ct = default) =>
        rebuild.Run(model.Aggregate(aggregateType), tenantId, progress, ct);

    /// <summary>Waits until every snapshot that was asked for so far is written or given up; for tests and a quiet stop.</summary>
    public Task DrainSnapshots(CancellationToken ct = default) => snapshots.Drain(ct);

    /// <summary>Stops the background work. A snapshot that is not written yet is written after the next load.</summary>
    public async ValueTask DisposeAsync()
    {
        await snapshots.DisposeAsync();
        await Feed.DisposeAsync();
        if (ownsMetrics)
        {
            Metrics.Dispose();
        }
    }

    /// <summary>Shows counters at zero before anything is counted.</summary>
    internal void DeclareMetrics() => Metrics.Declare(model);

    private async Task<(AppendResult Result, long Before, long BytesToLoad)> AppendObserved(AppendRequest request, NpgsqlTransaction? transaction, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var span = StoreTracing.Append(request.Stream.AggregateType, streams: 1);
        try
        {
            var appended = await appender.Append(request, transaction, ct);
            span?.SetTag("monolith.events", appended.Result.Version - appended.Before);
            return appended;
        }
        catch (Exception error)
        {
            Metrics.AppendFailed(request.Stream.AggregateType, error);
            span.Failed(error);
            throw;
        }
    }

    private async Task<(AppendResult Result, long Before, long BytesToLoad)[]> AppendObserved(IReadOnlyList<AppendRequest> requests, CancellationToken ct)
    {
        if (requests.Count == 0)
        {
            return [];
        }

        var type = requests[0].Stream.AggregateType;
        using var span = StoreTracing.Append(type, requests.Count);
        try
        {
            var appended = await multiStreamAppender.Append(requests, ct);
            span?.SetTag("monolith.events", appended.Sum(append => append.Result.Version - append.Before));
            return appended;
        }
        catch (Exception error)
        {
            Metrics.AppendFailed(type, error);
            span.Failed(error);
            throw;
        }
    }

    private void Imported(ImportBatch batch)
    {
        Feed.Signal();
        foreach (var stream in batch.Streams)
        {
            if (stream.LastVersion > stream.Actual)
            {
                Metrics.Imported(stream.Id.AggregateType, stream.LastVersion - stream.Actual);
                snapshots.Appended(stream.Id, stream.Actual, stream.LastVersion, stream.Bytes);
            }
        }
    }
}
