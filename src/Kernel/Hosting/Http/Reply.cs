using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>The answers that routes give. Each knows its status and headers, and describes itself in the API description.</summary>
public static class Reply
{
    /// <summary>201 with <c>Location</c>, <c>ETag</c> and <c>Monolith-Position</c>.</summary>
    /// <param name="saved">What the write did.</param>
    /// <param name="location">Where the new aggregate is, <c>/api/users/{id}</c>.</param>
    public static CreatedReply Created(Saved saved, string location) => new(saved, location);

    /// <summary>200 with <c>ETag</c> and <c>Monolith-Position</c>.</summary>
    public static SavedReply Saved(Saved saved) => new(saved);

    /// <summary>201 like <see cref="Created(Monolith.EventSourcing.Saved, string)"/>, with a body that says more. It is kept in no cache.</summary>
    /// <param name="saved">What the write did.</param>
    /// <param name="location">Where the new aggregate is.</param>
    /// <param name="body">The body.</param>
    public static CreatedReply<TBody> Created<TBody>(Saved saved, string location, TBody body) => new(saved, location, body);

    /// <summary>200 like <see cref="Saved(Monolith.EventSourcing.Saved)"/>, with a body that says more. It is kept in no cache.</summary>
    /// <param name="saved">What the write did.</param>
    /// <param name="body">The body.</param>
    public static SavedReply<TBody> Saved<TBody>(Saved saved, TBody body) => new(saved, body);

    /// <summary>204 with <c>ETag</c> and <c>Monolith-Position</c>: what was addressed is gone for readers.</summary>
    public static DeletedReply Deleted(Saved saved) => new(saved);

    /// <summary>200 with the view and its version as <c>ETag</c>; 304 when the caller has it already (<c>If-None-Match</c>); 404 for null.</summary>
    /// <param name="view">What was found, or null.</param>
    /// <param name="version">Its version; null for a view that has none, such as a list.</param>
    public static ViewReply<TView> View<TView>(TView? view, long? version = null) where TView : class => new(view, version);
}
