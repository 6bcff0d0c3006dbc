using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Refuses what is the owner's before it begins, when the connections are those of the application's role: half of it would be permitted, and left
/// behind.
/// </summary>
public sealed class Ownership(NpgsqlDataSource dataSource)
{
    private volatile bool isKnown;

    /// <summary>Returns when the role of the connections owns the schema, or belongs to its owner.</summary>
    /// <param name="work">What is to be done, as the error begins: "Archiving a stream".</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="OwnerRequiredException">It does not.</exception>
    public async Task Require(string work, CancellationToken ct)
    {
        if (isKnown)
        {
            return;
        }

        await using var command = dataSource.CreateCommand(Statements.Text("is_owner.sql"));
        if (await PostgresErrors.Translate(command.ExecuteScalarAsync(ct)) is false)
        {
            throw new OwnerRequiredException(work);
        }

        isKnown = true;
    }
}
