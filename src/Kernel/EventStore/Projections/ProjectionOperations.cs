using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// What an operator can ask of projections. It only writes to the database, so any process may ask: the hosts that run the projections do it,
/// at their next heartbeat at the latest.
/// </summary>
public sealed class ProjectionOperations
{
    private readonly NpgsqlDataSource dataSource;
    private readonly ProjectionCatalog catalog;
    private readonly Feed feed;
    private readonly IViewStore? views;
    private readonly ParkedTable parked;
    private readonly TimeProvider time;

    /// <summary>Operations on the projections of a catalog.</summary>
    /// <param name="dataSource">The database of the store.</param>
    /// <param name="catalog">The projections.</param>
    /// <param name="feed">The feed of the store.</param>
    /// <param name="views">Where views are kept; null when no projection makes documents.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public ProjectionOperations(NpgsqlDataSource dataSource, ProjectionCatalog catalog, Feed feed, IViewStore? views = null, TimeProvider? time = null)
    {
        (this.dataSource, this.catalog, this.feed, this.views, this.time) = (dataSource, catalog, feed, views, time ?? TimeProvider.System);
        parked = new(dataSource, this.time);
    }

    /// <summary>Fires when something was asked for in this process.</summary>
    internal Signal Asked { get; } = new();

    /// <summary>
    /// Empties a read model and fills it anew from its start; parked events of it are forgotten. Returns when that has begun. Queries see
    /// what is filled so far. A subscription delivers everything again.
    /// </summary>
    /// <exception cref="UnknownProjectionException">There is no such projection.</exception>
    /// <exception cref="RebuildRunningException">It is being rebuilt already.</exception>
    public Task Rebuild(string projection, CancellationToken ct = default) => StartAnew(catalog[projection], evenIfCurrent: true, ct);

    /// <summary>What projections could not take, oldest first: of one projection, or of all.</summary>
    public Task<IReadOnlyList<ParkedEvent>> Parked(string? projection = null, CancellationToken ct = default) => parked.List(projection, ct);

    /// <summary>Tries a parked event again, and after it those that wait behind it. Safe to repeat.</summary>
    /// <returns>Whether such an event is parked.</returns>
    public async Task<bool> Retry(string projection, long position, CancellationToken ct = default) =>
        Ask(await parked.Retry(catalog[projection].Name, position, ct)) > 0;

    /// <summary>Tries all parked events of a projection again. Safe to repeat.</summary>
    /// <returns>How many aggregates that concerns.</returns>
    public async Task<int> RetryAll(string projection, CancellationToken ct = default) =>
        Ask(await parked.Retry(catalog[projection].Name, position: null, ct));

    /// <summary>
    /// Leaves a parked event out of the read model for good, and tries those that wait behind it. It is recorded in
    /// <c>eventstore.projection_skipped</c>; a rebuild takes the event again.
    /// </summary>
    /// <param name="projection">The projection.</param>
    /// <param name="position">The position of the event.</param>
    /// <param name="reason">Why, for those who wonder later.</param>
    /// <param name="by">Who decided it.</param>
    /// <param name="ct">Stops the call.</param>
    /// <returns>Whether such an event is parked.</returns>
    public async Task<bool> Skip(string projection, long position, string reason, string by, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        return Ask(await parked.Skip(catalog[projection].Name, position, reason, by, ct)) > 0;
    }

    /// <summary>Begins a projection anew: always, or only when its rows were made by an older version of it.</summary>
    internal async Task StartAnew(Projection projection, bool evenIfCurrent, CancellationToken ct)
    {
        var end = await feed.Refresh(ct);
        var writer = projection.Writer(views);
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await writer.Prepare(connection, ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (!await MayStartAnew(connection, projection, evenIfCurrent, ct))
        {
            return;
        }

        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new(Statements.Text("checkpoints_restart.sql"))
        {
            Parameters = { Parameters.Of(projection.Name), Parameters.Of(projection.Version), Parameters.Of(end), Parameters.Of(time.GetUtcNow()) },
        });
        batch.BatchCommands.Add(new(Statements.Text("parked_clear.sql")) { Parameters = { Parameters.Of(projection.Name) } });
        writer.Clear(batch);
        await batch.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        Asked.Fire();
    }

    private static async Task<bool> MayStartAnew(NpgsqlConnection connection, Projection projection, bool evenIfCurrent, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("checkpoints_lock.sql"), connection);
        command.Parameters.Add(Parameters.Of(projection.Name));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var isOlder = false;
        while (await reader.ReadAsync(ct))
        {
            isOlder |= reader.GetInt32(0) < projection.Version;
            if (evenIfCurrent && !reader.IsDBNull(1))
            {
                throw new RebuildRunningException(projection.Name);
            }
        }

        return evenIfCurrent || isOlder;
    }

    private int Ask(int rows)
    {
        if (rows > 0)
        {
            Asked.Fire();
        }

        return rows;
    }
}
