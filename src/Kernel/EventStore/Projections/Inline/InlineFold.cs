using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>What the events of one append make of the views of one inline projection.</summary>
internal abstract class InlineFold
{
    /// <summary>The views, as texts that are different for different views.</summary>
    public abstract IReadOnlyList<string> Keys { get; }

    /// <summary>Loads the views, which nobody else writes meanwhile, folds the events, and adds the statements that store what changed.</summary>
    public abstract Task Write(NpgsqlConnection connection, NpgsqlBatch batch, CancellationToken ct);
}
