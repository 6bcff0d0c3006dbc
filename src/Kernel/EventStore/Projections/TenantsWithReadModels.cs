namespace Monolith.EventStore.Projections;

/// <summary>
/// The tenants of a host that has projections: whoever drops one here drops its read models as well, those of rebuilds included, and what is registered as
/// <see cref="ITenantRows"/>. What subscriptions have made of its events outside the database stays.
/// </summary>
public sealed class TenantsWithReadModels : ITenants
{
    private readonly Tenants tenants;
    private readonly Lazy<ProjectionCatalog> catalog;
    private readonly Lazy<IViewStore?> views;
    private readonly Lazy<IReadOnlyList<ITenantRows>> others;

    /// <summary>The tenants of a store, with their read models.</summary>
    /// <param name="tenants">The tenants of the store.</param>
    /// <param name="catalog">The projections that make the read models.</param>
    /// <param name="views">Where views are kept; null when no projection makes documents.</param>
    /// <param name="others">What else goes with a tenant; null for nothing.</param>
    public TenantsWithReadModels(Tenants tenants, ProjectionCatalog catalog, IViewStore? views = null, IReadOnlyList<ITenantRows>? others = null)
        : this(tenants, new Lazy<ProjectionCatalog>(catalog), new Lazy<IViewStore?>(views), new Lazy<IReadOnlyList<ITenantRows>>(others ?? []))
    {
    }

    // A projection may need the tenants itself, so they are looked for when they are needed.
    internal TenantsWithReadModels(Tenants tenants, Lazy<ProjectionCatalog> catalog, Lazy<IViewStore?> views, Lazy<IReadOnlyList<ITenantRows>> others) =>
        (this.tenants, this.catalog, this.views, this.others) = (tenants, catalog, views, others);

    /// <inheritdoc />
    public Task Add(string tenantId, TenantPlacement placement = TenantPlacement.Pool, CancellationToken ct = default) => tenants.Add(tenantId, placement, ct);

    /// <inheritdoc />
    public Task Disable(string tenantId, CancellationToken ct = default) => tenants.Disable(tenantId, ct);

    /// <inheritdoc />
    public Task Enable(string tenantId, CancellationToken ct = default) => tenants.Enable(tenantId, ct);

    /// <inheritdoc />
    /// <remarks>
    /// Its rows are removed from the read models of the projections that are registered now. One that is no more keeps them, unless its tables are among those of
    /// <see cref="TenantTables"/>.
    /// </remarks>
    public Task Drop(string tenantId, CancellationToken ct = default) =>
        tenants.Drop(tenantId, [.. catalog.Value.All.SelectMany(Views), .. others.Value.Select(rows => (RemoveRows)rows.Remove)], ct);

    /// <inheritdoc />
    /// <remarks>Read models whose tables are not among those of <see cref="TenantTables"/> are removed, and not counted.</remarks>
    public Task<IReadOnlyList<TenantRows>> Rows(string tenantId, CancellationToken ct = default) => tenants.Rows(tenantId, others.Value, ct);

    /// <inheritdoc />
    public Task Move(string tenantId, TenantPlacement placement, CancellationToken ct = default) => tenants.Move(tenantId, placement, ct);

    /// <inheritdoc />
    public Task<IReadOnlyList<Tenant>> List(CancellationToken ct = default) => tenants.List(ct);

    /// <inheritdoc />
    public Task<IReadOnlyList<string>> Shards(CancellationToken ct = default) => tenants.Shards(ct);

    // The shadow first: it may take the place of the live rows meanwhile.
    private IEnumerable<RemoveRows> Views(Projection projection)
    {
        var writer = projection.Writer(views.Value);
        foreach (var rows in (ViewRows[])[ViewRows.Shadow, ViewRows.Live])
        {
            yield return (connection, tenantId, limit, ct) => writer.RemoveTenant(connection, rows, tenantId, limit, ct);
        }
    }
}
