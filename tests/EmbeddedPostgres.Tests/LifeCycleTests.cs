using Npgsql;

namespace Monolith.EmbeddedPostgres.Tests;

public sealed class LifeCycleTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_starts_and_answers_a_query()
    {
        await using var server = await EmbeddedPostgresServer.Start(new() { Ephemeral = true }, ct: Ct);
        await using var database = NpgsqlDataSource.Create(await server.EnsureDatabase("monolith", Ct));
        await using var query = database.CreateCommand("select current_database()");

        Assert.Equal("monolith", await query.ExecuteScalarAsync(Ct));
    }
}
