namespace Monolith.EventStore.Projections;

/// <summary>
/// The projections of a host that declare themselves inline, for its store: appends apply them in their own transaction. Every store that appends to what they
/// read has to be given them; one that is not leaves their views behind.
/// </summary>
public sealed class InlineProjections
{
    private readonly Lazy<ProjectionCatalog> catalog;
    private readonly Lazy<IViewStore?> views;

    /// <summary>The inline projections of a catalog.</summary>
    /// <param name="catalog">The projections.</param>
    /// <param name="views">Where views are kept; null when no projection makes documents.</param>
    public InlineProjections(ProjectionCatalog catalog, IViewStore? views = null)
        : this(new Lazy<ProjectionCatalog>(catalog), new Lazy<IViewStore?>(views))
    {
    }

    // A projection may need the store itself, so they are looked for when the first append needs them.
    internal InlineProjections(Lazy<ProjectionCatalog> catalog, Lazy<IViewStore?> views) => (this.catalog, this.views) = (catalog, views);

    internal IViewStore? Views => views.Value;

    /// <summary>Each with the aggregate types that it reads.</summary>
    internal IEnumerable<(Projection Projection, IReadOnlyList<string> AggregateTypes)> All =>
        catalog.Value.All.Where(projection => projection.IsInline).Select(projection => (projection, catalog.Value.AggregateTypesOf(projection.Name)));
}
