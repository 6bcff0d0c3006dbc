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
        (this.dataSource, this.catalog, this.time) = (dataSource, catalog, time ?? TimeProvider.System);
        parked = new(dataSource, this.time);
        Rebuilding = new(dataSource, catalog, feed, views, this.time);
    }

    /// <summary>Fires when something was asked for in this process.</summary>
    internal Signal Asked { get; } = new();

    internal Rebuilding Rebuilding { get; }

    /// <summary>
    /// Builds a read model anew beside the live one, which queries see until the new one takes its place. Returns when that has begun; it goes
    /// on after a crash or restart. A subscription delivers everything again, from its start.
    /// </summary>
    /// <exception cref="UnknownProjectionException">There is no such projection.</exception>
    /// <exception cref="RebuildRunningException">It is being rebuilt already.</exception>
    public async Task Rebuild(string projection, CancellationToken ct = default)
    {
        if (catalog[projection] is Subscription subscription)
        {
            await Rebuilding.Restart(subscription, ct);
        }
        else
        {
            await Rebuilding.Begin(catalog[projection], onlyIfOutdated: false, ct);
        }

        Asked.Fire();
    }

    /// <summary>Rebuilds every read model, or those that read events of an aggregate type. Subscriptions and running rebuilds are left alone.</summary>
    /// <param name="aggregateType">The stored name of the type; null for all.</param>
    /// <param name="ct">Stops before the next one.</param>
    /// <returns>The projections whose rebuild has begun.</returns>
    public async Task<IReadOnlyList<string>> RebuildAll(string? aggregateType = null, CancellationToken ct = default)
    {
        var begun = new List<string>();
        foreach (var projection in catalog.All.Where(projection => projection is not Subscription))
        {
            if (aggregateType is null || catalog.AggregateTypesOf(projection.Name).Contains(aggregateType, StringComparer.Ordinal))
            {
                try
                {
                    await Rebuild(projection.Name, ct);
                    begun.Add(projection.Name);
                }
                catch (RebuildRunningException)
                {
                    // It is on its way to what was asked for.
                }
            }
        }

        return begun;
    }

    /// <summary>The rebuilds that are running or paused: of one projection, or of all.</summary>
    public Task<IReadOnlyList<RebuildProgress>> Rebuilds(string? projection = null, CancellationToken ct = default) => Rebuilding.List(projection, ct);

    /// <summary>Gives a rebuild up; the live rows stay as they are. One that a raised version asked for begins again with the next heartbeat.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> CancelRebuild(string projection, CancellationToken ct = default) =>
        Ask(await Rebuilding.Cancel(catalog[projection], ct));

    /// <summary>Lets a rebuild rest; what it has built is kept.</summary>
    /// <returns>Whether there is one.</returns>
    public Task<bool> PauseRebuild(string projection, CancellationToken ct = default) => SetPaused(projection, ProjectionShard.Shadow, true, ct);

    /// <summary>Lets a paused rebuild go on.</summary>
    /// <returns>Whether there is one.</returns>
    public Task<bool> ResumeRebuild(string projection, CancellationToken ct = default) => SetPaused(projection, ProjectionShard.Shadow, false, ct);

    /// <summary>Stops a projection on all hosts; queries see its rows as they are then.</summary>
    /// <returns>Whether it has ever run.</returns>
    public Task<bool> Pause(string projection, CancellationToken ct = default) => SetPaused(projection, ProjectionShard.Live, true, ct);

    /// <summary>Lets a paused projection go on from where it stopped.</summary>
    /// <returns>Whether it has ever run.</returns>
    public Task<bool> Resume(string projection, CancellationToken ct = default) => SetPaused(projection, ProjectionShard.Live, false, ct);

    /// <summary>What projections could not take, oldest first: of one projection, or of all.</summary>
    public Task<IReadOnlyList<ParkedEvent>> Parked(string? projection = null, CancellationToken ct = default) => parked.List(projection, ct);

    /// <summary>Tries a parked event again, and after it those that wait behind it. Safe to repeat.</summary>
    /// <returns>Whether such an event is parked.</returns>
    public async Task<bool> Retry(string projection, long position, CancellationToken ct = default) =>
        Ask(await parked.Retry(catalog[projection].Name, position, ct) > 0);

    /// <summary>Tries all parked events of a projection again. Safe to repeat.</summary>
    /// <returns>How many aggregates that concerns.</returns>
    public async Task<int> RetryAll(string projection, CancellationToken ct = default)
    {
        var rows = await parked.Retry(catalog[projection].Name, position: null, ct);
        Ask(rows > 0);
        return rows;
    }

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
        return Ask(await parked.Skip(catalog[projection].Name, position, reason, by, ct) > 0);
    }

    private async Task<bool> SetPaused(string projection, string slot, bool paused, CancellationToken ct)
    {
        if (catalog[projection].IsInline && slot == ProjectionShard.Live)
        {
            throw new InlineProjectionException(
                InlineProjectionException.NotPaused, projection, $"The projection '{projection}' is inline: it runs with the appends, and cannot be paused without them.");
        }

        await using var command = dataSource.CreateCommand(Statements.Text("checkpoints_pause.sql"));
        command.Parameters.Add(Parameters.Of(catalog[projection].Name));
        command.Parameters.Add(Parameters.Of(slot));
        command.Parameters.Add(Parameters.Of(paused));
        command.Parameters.Add(Parameters.Of(time.GetUtcNow()));
        return Ask(await command.ExecuteNonQueryAsync(ct) > 0);
    }

    private bool Ask(bool asked)
    {
        if (asked)
        {
            Asked.Fire();
        }

        return asked;
    }
}
