using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// Where the views of document projections are kept, in the database of the events. It never executes a write itself: it adds statements to
/// the batch that also moves the checkpoint, so that views and checkpoint are stored together or not at all. Safe for concurrent use.
/// </summary>
public interface IViewStore
{
    /// <summary>Makes sure that views of a type can be stored. Called before its first batch; repeating it changes nothing.</summary>
    Task Prepare(Type viewType, CancellationToken ct = default);

    /// <summary>Reads the views of the keys that exist, in one round trip.</summary>
    Task<IReadOnlyDictionary<ViewKey<TKey>, TView>> Load<TView, TKey>(
        NpgsqlConnection connection, IReadOnlyList<ViewKey<TKey>> keys, CancellationToken ct = default)
        where TView : class
        where TKey : notnull;

    /// <summary>Adds the statements that store the changes.</summary>
    void Write<TView, TKey>(NpgsqlBatch batch, ViewChanges<TView, TKey> changes)
        where TView : class
        where TKey : notnull;

    /// <summary>Adds the statements that remove all views of a type, of every tenant.</summary>
    void Clear(NpgsqlBatch batch, Type viewType);
}
