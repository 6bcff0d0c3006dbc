using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Which rows of a read model are meant.</summary>
public enum ViewRows
{
    /// <summary>Those that queries see.</summary>
    Live,

    /// <summary>Those that a rebuild fills beside them.</summary>
    Shadow,
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

    /// <summary>Makes an empty shadow of the views of a type, in place of one that is there, in the transaction of the connection.</summary>
    Task MakeShadow(NpgsqlConnection connection, Type viewType, CancellationToken ct = default);

    /// <summary>
    /// Lets the shadow take the place of the live views, in the transaction of the connection: queries see the old rows until it commits and the
    /// new ones after that, never both and never none.
    /// </summary>
    Task Promote(NpgsqlConnection connection, Type viewType, CancellationToken ct = default);

    /// <summary>Removes the shadow if there is one, in the transaction of the connection.</summary>
    Task DropShadow(NpgsqlConnection connection, Type viewType, CancellationToken ct = default);

    /// <summary>
    /// Removes some of the views of a type that belong to a tenant, in the transaction of the connection, because the tenant is dropped. None, when there is no such
    /// table.
    /// </summary>
    /// <returns>How many; fewer than <paramref name="limit"/> when there are no more.</returns>
    Task<int> RemoveTenant(NpgsqlConnection connection, Type viewType, ViewRows rows, string tenantId, int limit, CancellationToken ct = default);
}
