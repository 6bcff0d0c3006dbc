using Monolith.EventStore.Projections;
using Npgsql;
using Xunit;

namespace Monolith.Testing;

/// <summary>The rows that a table projection made of the events of a scenario, on PostgreSQL. Disposing drops them.</summary>
public sealed class ProjectedTables : IAsyncDisposable
{
    private readonly ScenarioStore store;
    private readonly TableProjection projection;

    private ProjectedTables(ScenarioStore store, TableProjection projection) => (this.store, this.projection) = (store, projection);

    internal static async Task<ProjectedTables> Of(TableProjection projection, ProjectionScenario scenario, PostgresFixture postgres)
    {
        var made = await ScenarioStore.Create(postgres, ProjectionScenario.ModelOf(projection));
        try
        {
            await made.Append(scenario.Given);
            await made.CaughtUp(await made.Run([projection], batch: 1000));
            return new(made, projection);
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>A query finds exactly these rows, in this order.</summary>
    /// <param name="query">The query; names need no schema.</param>
    /// <param name="expected">The rows, each with the values of its columns.</param>
    public async Task<ProjectedTables> ThenRows(string query, params object?[][] expected)
    {
        ArgumentNullException.ThrowIfNull(expected);
        await using var connection = await store.DataSource.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var path = new NpgsqlCommand($"set search_path to {projection.Schema}", connection);
        await path.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(query, connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<object?[]>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? null : reader.GetValue(column))]);
        }

        Assert.Equal(expected, rows);
        return this;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => store.DisposeAsync();
}
