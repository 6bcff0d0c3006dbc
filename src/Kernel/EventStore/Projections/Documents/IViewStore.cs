using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Which rows of a read model are meant.</summary>
public enum ViewRows
{
    /// <summary>Those that queries see.</summary>
    Live,

    /// <summary>Those that a rebuild fills beside them.</summary>
    Shadow,

    /// <summary>Those that a verification fills: temporary ones, which only its session sees.</summary>
    Aside,
}

/// <summary>
/// Where the views of document projections are kept, in the database of the events. It never executes a write itself: it adds statements to
/// the batch that also moves the checkpoint, so that views and checkpoint are stored together or not at all. Safe for concurrent use.
/// </summary>
public interface IViewStore
{
    /// <summary>Makes sure that live views of a type can be stored. Called before the first batch; repeating it changes nothing.</summary>
    Task Prepare(Type viewType, CancellationToken ct = default);

    /// <summary>Reads the views of the keys that exist, in one round trip.</summary>
    Task<IReadOnlyDictionary<ViewKey<TKey>, TView>> Load<TView, TKey>(
        NpgsqlConnection connection, ViewRows rows, IReadOnlyList<ViewKey<TKey>> keys, CancellationToken ct = default)
        where TView : class
        where TKey : notnull;

    /// <summary>Adds the statements that store the changes.</summary>
    void Write<TView, TKey>(NpgsqlBatch batch, ViewRows rows, ViewChanges<TView, TKey> changes)
        where TView : class
        where TKey : notnull;

    /// <summary>How many bytes the views of a type take on disk, with their indexes; 0 when there are none.</summary>
    Task<long> Size(NpgsqlConnection connection, Type viewType, ViewRows rows, CancellationToken ct = default);

    /// <summary>Makes an empty shadow of the views of a type, in place of one that is there, in the transaction of the connection.</summary>
    Task MakeShadow(NpgsqlConnection connection, Type viewType, CancellationToken ct = default);

    /// <summary>
    /// Lets the shadow take the place of the live views, in the transaction of the connection: queries see the old rows until it commits and the
    /// new ones after that, never both and never none.
    /// </summary>
    Task Promote(NpgsqlConnection connection, Type viewType, CancellationToken ct = default);

    /// <summary>
    /// Lets one tenant's views of the shadow take the place of its live views, those of other tenants stay as they are, and removes the shadow, in
    /// the transaction of the connection.
    /// </summary>
    Task PromoteTenant(NpgsqlConnection connection, Type viewType, string tenantId, CancellationToken ct = default);

    /// <summary>Removes the shadow if there is one, in the transaction of the connection.</summary>
    Task DropShadow(NpgsqlConnection connection, Type viewType, CancellationToken ct = default);

    /// <summary>How many live views of a type there are.</summary>
    Task<long> Count(NpgsqlConnection connection, Type viewType, CancellationToken ct = default);

    /// <summary>Makes an empty temporary table for views of a type, in the session of the connection.</summary>
    Task MakeAside(NpgsqlConnection connection, Type viewType, CancellationToken ct = default);

    /// <summary>
    /// Compares the live views of a type with those in the temporary table of the connection's session, in its transaction. The keys of the answer are objects with
    /// the members <c>tenant_id</c> and <c>id</c>.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="viewType">The type.</param>
    /// <param name="sample">The views that are compared; null for all.</param>
    /// <param name="limit">The most differences that are listed; all are counted.</param>
    /// <param name="ct">Stops the call.</param>
    Task<RowComparison> Compare(NpgsqlConnection connection, Type viewType, KeySample? sample, int limit, CancellationToken ct = default);

    /// <summary>
    /// Removes some of the views of a type that belong to a tenant, in the transaction of the connection, because the tenant is dropped. None, when there is no such
    /// table.
    /// </summary>
    /// <returns>How many; fewer than <paramref name="limit"/> when there are no more.</returns>
    Task<int> RemoveTenant(NpgsqlConnection connection, Type viewType, ViewRows rows, string tenantId, int limit, CancellationToken ct = default);
}
