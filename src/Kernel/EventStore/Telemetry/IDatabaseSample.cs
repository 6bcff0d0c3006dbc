using System.Diagnostics.Metrics;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>Something that one host reads from the database for all, and what metrics say of it. Used by one caller at a time.</summary>
public interface IDatabaseSample
{
    /// <summary>Makes the instruments. Called whenever this host becomes the one that samples, with another meter each time.</summary>
    /// <param name="meter">The meter. Its instruments are observed only after the first <see cref="Take"/>, perhaps while another is under way.</param>
    void Describe(Meter meter);

    /// <summary>Reads what the instruments say until the next time. Cheap: estimates of the catalog, and counts with a bound.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="ct">Stops it.</param>
    Task Take(NpgsqlConnection connection, CancellationToken ct);
}
