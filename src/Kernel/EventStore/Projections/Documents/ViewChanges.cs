namespace Monolith.EventStore.Projections;

/// <summary>What a batch of events makes of the views it touches: those to write, and those to remove.</summary>
/// <typeparam name="TView">The document.</typeparam>
/// <typeparam name="TKey">The type of its id.</typeparam>
/// <param name="Stored">The views to insert or replace, each key once.</param>
/// <param name="Removed">The views to delete; each was there before.</param>
public sealed record ViewChanges<TView, TKey>(IReadOnlyList<(ViewKey<TKey> Key, TView View)> Stored, IReadOnlyList<ViewKey<TKey>> Removed)
    where TView : class
    where TKey : notnull
{
    /// <summary>Whether nothing changed.</summary>
    public bool IsEmpty => Stored.Count == 0 && Removed.Count == 0;

    /// <summary>Makes the changes to views that are kept in memory.</summary>
    public void ApplyTo(IDictionary<ViewKey<TKey>, TView> views)
    {
        ArgumentNullException.ThrowIfNull(views);
        foreach (var key in Removed)
        {
            views.Remove(key);
        }

        foreach (var (key, view) in Stored)
        {
            views[key] = view;
        }
    }
}
