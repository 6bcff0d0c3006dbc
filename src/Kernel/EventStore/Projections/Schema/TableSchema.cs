using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>How the live tables of a table projection come to be, and are written down for its rebuilds.</summary>
internal static class TableSchema
{
    /// <summary>Whether there is nothing to make.</summary>
    public static async Task<bool> IsMade(NpgsqlConnection connection, TableProjection projection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statement("definition_made.sql", projection), connection);
        return await PostgresErrors.Translate(command.ExecuteScalarAsync(ct)) is true;
    }

    /// <summary>Makes the tables that are missing, in a transaction. It writes them down first: a role that may not do that may make no tables either.</summary>
    public static IEnumerable<string> Make(TableProjection projection) =>
    [
        Register(projection),
        $"create schema if not exists {projection.Schema}",
        $"set local search_path to {projection.Schema}",
        projection.Definition,
        "set local search_path to default",
    ];

    /// <summary>Writes down how the tables are made.</summary>
    public static string Register(TableProjection projection) => Statement("register_definition.sql", projection);

    private static string Statement(string file, TableProjection projection) => Literals.Statement(
        file,
        Literals.Of(projection.Name),
        Literals.Of(projection.Version),
        Literals.Of(projection.Schema),
        Literals.Of(projection.Tables),
        Literals.Of(projection.Definition));
}
