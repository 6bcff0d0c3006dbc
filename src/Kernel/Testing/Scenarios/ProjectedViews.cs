using System.Text.Json;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Xunit;

namespace Monolith.Testing;

/// <summary>The views that a projection made of the events of a scenario.</summary>
/// <typeparam name="TView">The document.</typeparam>
public sealed class ProjectedViews<TView> where TView : class
{
    private readonly Dictionary<Guid, TView> views;

    internal ProjectedViews(DocumentProjection<TView> projection, IReadOnlyList<EventEnvelope> feed)
    {
        views = Fold(projection, feed);
        var again = Fold(projection, feed);
        foreach (var (key, view) in views)
        {
            if (!again.TryGetValue(key, out var second) || Json(view) != Json(second))
            {
                Assert.Fail($"'{projection.Name}' is not pure: the same events gave two views.\nFirst:  {Json(view)}\nSecond: {Json(second)}");
            }
        }
    }

    /// <summary>There is a view of this key, and it is equal to this one, or at least the same as JSON.</summary>
    public ProjectedViews<TView> ThenView(Guid key, TView expected) => ThenView(key, view =>
    {
        if (!Equals(expected, view) && Json(expected) != Json(view))
        {
            Assert.Fail($"The view of {key} differs.\nExpected: {Json(expected)}\nActual:   {Json(view)}");
        }
    });

    /// <summary>There is a view of this key, for assertions on it.</summary>
    public ProjectedViews<TView> ThenView(Guid key, Action<TView> check)
    {
        ArgumentNullException.ThrowIfNull(check);
        if (!views.TryGetValue(key, out var view))
        {
            Assert.Fail($"There is no view of {key}. There are views of: {(views.Count == 0 ? "nothing" : string.Join(", ", views.Keys))}.");
        }

        check(view);
        return this;
    }

    /// <summary>There is no view of this key: none was made, or it was removed again.</summary>
    public ProjectedViews<TView> ThenNoView(Guid key)
    {
        if (views.TryGetValue(key, out var view))
        {
            Assert.Fail($"There is a view of {key}: {Json(view)}");
        }

        return this;
    }

    private static Dictionary<Guid, TView> Fold(DocumentProjection<TView> projection, IReadOnlyList<EventEnvelope> feed)
    {
        var folded = new Dictionary<Guid, TView>();
        foreach (var envelope in feed)
        {
            var before = folded.GetValueOrDefault(envelope.AggregateId);
            var untouched = Json(before);
            var after = projection.Apply(before, envelope);
            if (Json(before) != untouched)
            {
                Assert.Fail($"'{projection.Name}' changes the view that it is given, at {envelope.EventType}; it must return a new one.");
            }

            if (after is null)
            {
                folded.Remove(envelope.AggregateId);
            }
            else
            {
                folded[envelope.AggregateId] = after;
            }
        }

        return folded;
    }

    private static string Json(TView? view) => JsonSerializer.Serialize(view, JsonSerializerOptions.Web);
}
