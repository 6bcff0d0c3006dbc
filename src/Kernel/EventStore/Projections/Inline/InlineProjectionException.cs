using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>An inline projection stands in the way of what was asked for. Nothing was stored.</summary>
public sealed class InlineProjectionException : EventSourcingException
{
    /// <summary>The code of an append that a projection could not take: the fold fails on one of its events, or the database refuses the view.</summary>
    public const string Failed = "inline_projection_failed";

    /// <summary>The code of an append by a build whose projection is older than the views, which a newer build has made.</summary>
    public const string Outdated = "inline_projection_outdated";

    /// <summary>The code of an import of events that an inline projection reads. Import first, then declare it inline: it builds itself then.</summary>
    public const string NotImported = "inline_projection_not_imported";

    /// <summary>The code of a pause: an inline projection runs with the appends.</summary>
    public const string NotPaused = "inline_projection_not_paused";

    internal InlineProjectionException(string code, string projection, string message, Exception? innerException = null)
        : base(code, message, innerException) => Projection = projection;

    /// <summary>The projection.</summary>
    public string Projection { get; }
}
