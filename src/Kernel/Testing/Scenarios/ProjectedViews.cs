using System.Text.Json;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Xunit;

namespace Monolith.Testing;

/// <summary>The views that a projection made of the events of a scenario.</summary>
/// <typeparam name="TView">The document.</typeparam>
/// <typeparam name="TKey">The type of its id.</typeparam>
public sealed class ProjectedViews<TView, TKey> where TView : class where TKey : notnull
{
    private readonly DocumentProjection<TView, TKey> projection;
    private readonly Dictionary<ViewKey<TKey>, TView> views = [];

    internal ProjectedViews(DocumentProjection<TView, TKey> projection, IReadOnlyList<EventEnvelope> feed)
    {
        this.projection = projection;
        foreach (var envelope in feed)
        {
            Fold(views, [envelope]);
        }

        var atOnce = new Dictionary<ViewKey<TKey>, TView>();
        Fold(atOnce, feed);
        foreach (var key in views.Keys.Union(atOnce.Keys))
        {
            var (one, other) = (Json(views.GetValueOrDefault(key)), Json(atOnce.GetValueOrDefault(key)));
            if (one != other)
            {
                Assert.Fail($"'{projection.Name}' is not pure: the same events gave two views of {key.Id}.\nOne by one:  {one}\nAll at once: {other}");
            }
        }
    }

    /// <summary>There is a view of this key, and it is equal to this one, or at least the same as JSON.</summary>
    public ProjectedViews<TView, TKey> ThenView(TKey key, TView expected) => ThenView(key, view =>
    {
        if (!Equals(expected, view) && Json(expected) != Json(view))
        {
            Assert.Fail($"The view of {key} differs.\nExpected: {Json(expected)}\nActual:   {Json(view)}");
        }
    });

    /// <summary>There is a view of this key, for assertions on it.</summary>
    public ProjectedViews<TView, TKey> ThenView(TKey key, Action<TView> check)
    {
        ArgumentNullException.ThrowIfNull(check);
        if (!views.TryGetValue(Key(key), out var view))
        {
            Assert.Fail($"There is no view of {key}. There are views of: {(views.Count == 0 ? "nothing" : string.Join(", ", views.Keys.Select(other => other.Id)))}.");
        }

        check(view);
        return this;
    }

    /// <summary>There is no view of this key: none was made, or it was removed again.</summary>
    public ProjectedViews<TView, TKey> ThenNoView(TKey key)
    {
        if (views.TryGetValue(Key(key), out var view))
        {
            Assert.Fail($"There is a view of {key}: {Json(view)}");
        }

        return this;
    }

    private static ViewKey<TKey> Key(TKey key) => new(ProjectionScenario.TenantId, key);

    private static string Json(TView? view) => JsonSerializer.Serialize(view, JsonSerializerOptions.Web);

    private void Fold(Dictionary<ViewKey<TKey>, TView> into, IReadOnlyList<EventEnvelope> batch)
    {
        var fold = new DocumentFold<TView, TKey>(projection, batch);
        var before = fold.Keys.ToDictionary(key => key, key => Json(into.GetValueOrDefault(key)));
        var changes = fold.Run(into);
        foreach (var (key, json) in before)
        {
            if (Json(into.GetValueOrDefault(key)) != json)
            {
                Assert.Fail($"'{projection.Name}' changes the view that it is given, of {key.Id}; it must return a new one.");
            }
        }

        foreach (var key in changes.Removed)
        {
            into.Remove(key);
        }

        foreach (var (key, view) in changes.Stored)
        {
            into[key] = view;
        }
    }
}
