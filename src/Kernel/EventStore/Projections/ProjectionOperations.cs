using Monolith.EventSourcing;
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
    private readonly AggregateRebuilding aggregates;
    private readonly Verification verification;
    private readonly ProjectionSurvey survey;
    private readonly ReadModelChanges? changes;
    private readonly TimeProvider time;

    /// <summary>Operations on the projections of a catalog.</summary>
    /// <param name="dataSource">The database of the store.</param>
    /// <param name="catalog">The projections.</param>
    /// <param name="feed">The feed of the store.</param>
    /// <param name="views">Where views are kept; null when no projection makes documents.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="options">How projections are run; null for the defaults.</param>
    /// <param name="changes">Who is told that rows were made anew at once; null for nobody.</param>
    public ProjectionOperations(
        NpgsqlDataSource dataSource, ProjectionCatalog catalog, Feed feed, IViewStore? views = null, TimeProvider? time = null, ProjectionOptions? options = null,
        ReadModelChanges? changes = null)
    {
        (this.dataSource, this.catalog, this.changes, this.time) = (dataSource, catalog, changes, time ?? TimeProvider.System);
        parked = new(dataSource, this.time);
        Rebuilding = new(dataSource, catalog, feed, views, new(dataSource, catalog, views, options?.RebuildDiskLimit), this.time);
        Promotion = new(dataSource, catalog, views, this.time);
        aggregates = new(dataSource, catalog, views, this.time);
        verification = new(dataSource, catalog, views);
        survey = new(dataSource, catalog, feed, this.time);
    }

    /// <summary>Fires when something was asked for in this process.</summary>
    internal Signal Asked { get; } = new();

    internal Rebuilding Rebuilding { get; }

    internal Promotion Promotion { get; }

    /// <summary>The projections of the catalog, and how each stands on all hosts.</summary>
    public async Task<IReadOnlyList<ProjectionOverview>> List(CancellationToken ct = default) => await survey.List(await Rebuilds(ct: ct), ct);

    /// <summary>How far one projection is behind, or all, on each shard.</summary>
    /// <exception cref="UnknownProjectionException">There is no such projection.</exception>
    public Task<IReadOnlyList<ProjectionLag>> Lag(string? projection = null, CancellationToken ct = default) => survey.Lag(projection, ct);

    /// <summary>
    /// Builds a read model anew beside the live one, which queries see until the new one takes its place. Returns when that has begun; it goes
    /// on after a crash or restart. A subscription delivers everything again, from its start.
    /// </summary>
    /// <exception cref="UnknownProjectionException">There is no such projection.</exception>
    /// <exception cref="RebuildRunningException">It is being rebuilt already.</exception>
    /// <exception cref="RebuildDiskException">There is not enough disk for it.</exception>
    public async Task Rebuild(string projection, CancellationToken ct = default)
    {
        if (catalog[projection] is { SideEffectsFrom: not null } subscription)
        {
            await Rebuilding.Restart(subscription, ct);
        }
        else
        {
            await Rebuilding.Begin(catalog[projection], onlyIfOutdated: false, ct);
        }

        Asked.Fire();
    }

    /// <summary>
    /// Builds one tenant's rows of a read model anew, beside the live ones, and replaces them; those of other tenants are left alone. Returns when that has
    /// begun. While the rows are replaced, which takes as long as copying them, the projection stands still on the tenant's shard.
    /// </summary>
    /// <exception cref="UnknownProjectionException">There is no such projection.</exception>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    /// <exception cref="RebuildRunningException">The projection is being rebuilt already, or another tenant of it.</exception>
    /// <exception cref="RebuildDiskException">There is not enough disk for all of its rows once more.</exception>
    /// <exception cref="RebuildRefusedException">It is a subscription, or its rows were made by another version.</exception>
    public async Task RebuildTenant(string projection, string tenantId, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(tenantId);
        await Rebuilding.BeginTenant(catalog[projection], tenantId, ct);
        Asked.Fire();
    }

    /// <summary>
    /// Makes what one aggregate is in a read model anew, in place and at once: when it returns, it is done. Parked events of the aggregate are taken
    /// again. Where a view is fed by several aggregate types under one id, all of them are folded. Safe to repeat, and while events are appended.
    /// </summary>
    /// <exception cref="UnknownProjectionException">There is no such projection.</exception>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    /// <exception cref="RebuildRefusedException">
    /// Several aggregates feed one row, so that of one alone cannot be rebuilt: rebuild the tenant. Or it is a subscription, or its rows were made by
    /// another version.
    /// </exception>
    /// <exception cref="ProjectionFailedException">An event cannot be taken. Nothing has changed.</exception>
    public async Task RebuildAggregate(string projection, string tenantId, Guid aggregateId, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(tenantId);
        await aggregates.Rebuild(catalog[projection], tenantId, aggregateId, ct);
        changes?.Replaced(projection, tenantId);
        Asked.Fire();
    }

    /// <summary>
    /// Rebuilds every read model, or those that read events of an aggregate type. Subscriptions and running rebuilds are left alone; so are, where it is about one tenant,
    /// tables whose rows belong to none.
    /// </summary>
    /// <param name="aggregateType">The stored name of the type; null for all.</param>
    /// <param name="tenantId">The tenant whose rows are rebuilt; null for all.</param>
    /// <param name="ct">Stops before the next one.</param>
    /// <returns>The projections whose rebuild has begun.</returns>
    /// <exception cref="RebuildDiskException">There is not enough disk for one; those before it have begun.</exception>
    public async Task<IReadOnlyList<string>> RebuildAll(string? aggregateType = null, string? tenantId = null, CancellationToken ct = default)
    {
        var begun = new List<string>();
        foreach (var projection in catalog.All.Where(projection => projection.SideEffectsFrom is null && (tenantId is null || projection.WhyNotByTenant is null)))
        {
            if (aggregateType is null || catalog.AggregateTypesOf(projection.Name).Contains(aggregateType, StringComparer.Ordinal))
            {
                try
                {
                    await (tenantId is null ? Rebuild(projection.Name, ct) : RebuildTenant(projection.Name, tenantId, ct));
                    begun.Add(projection.Name);
                }
                catch (RebuildRunningException)
                {
                    // It is left alone; who asked sees that it is not among those that have begun.
                }
            }
        }

        return begun;
    }

    /// <summary>
    /// Replays the events of a read model aside, or those of a sample of its keys, and compares what they give with the rows that queries see, at one position. It changes nothing
    /// and nobody waits for it; it reads as much as a rebuild does, into temporary tables. A row that differs can be mended by <see cref="RebuildAggregate"/> where the report names
    /// its aggregate, else by <see cref="RebuildTenant"/> or <see cref="Rebuild"/>.
    /// </summary>
    /// <param name="projection">The projection.</param>
    /// <param name="options">How much of it; null for all.</param>
    /// <param name="progress">How far it is, told after each thousand events.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="UnknownProjectionException">There is no such projection.</exception>
    /// <exception cref="VerificationRefusedException">It is a subscription, or its rows were made by another version.</exception>
    /// <exception cref="VerificationDisturbedException">Tenants moved, or parked events were retried, time and again. Ask later.</exception>
    /// <exception cref="ProjectionFailedException">An event that is not parked cannot be taken.</exception>
    public Task<VerificationReport> Verify(
        string projection, VerificationOptions? options = null, IProgress<VerificationProgress>? progress = null, CancellationToken ct = default) =>
        verification.Run(catalog[projection], options ?? new(), progress, ct);

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
