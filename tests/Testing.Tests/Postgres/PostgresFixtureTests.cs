using Npgsql;
using Xunit;

namespace Monolith.Testing.Tests.Postgres;

public class PostgresFixtureTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_is_empty_and_nobody_elses()
    {
        await using var one = await postgres.CreateDatabase(Ct);
        await using var other = await postgres.CreateDatabase(Ct);

        await Execute(one, "create table mark ()");

        Assert.True(await Has(one, "mark"));
        Assert.False(await Has(other, "mark"));
    }

    [Fact]
    public async Task A_template_is_built_once_however_many_ask_at_once()
    {
        var built = 0;
        var template = new DatabaseTemplate("asked for at once", async connectionString =>
        {
            Interlocked.Increment(ref built);
            await Execute(connectionString, "create table mark ()");
        });

        var databases = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => postgres.CreateDatabase(template, Ct)));

        Assert.Equal(1, built);
        Assert.Equal(6, databases.Select(database => database.Name).Distinct().Count());
        foreach (var database in databases)
        {
            Assert.True(await Has(database, "mark"));
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_template_is_copied_although_its_builder_left_a_connection_open()
    {
        await using var left = new NpgsqlConnection();
        var template = new DatabaseTemplate("left open", async connectionString =>
        {
            left.ConnectionString = connectionString;
            await left.OpenAsync(CancellationToken.None);
        });

        await using var database = await postgres.CreateDatabase(template, Ct);

        Assert.False(await Has(database, "mark"));
    }

    [Fact]
    public async Task A_template_that_cannot_be_built_fails_everyone_who_asks_for_it()
    {
        var template = new DatabaseTemplate("broken", _ => throw new InvalidOperationException("broken"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => postgres.CreateDatabase(template, Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => postgres.CreateDatabase(template, Ct));
    }

    [Fact]
    public async Task A_disposed_database_is_gone_although_someone_is_connected()
    {
        await using var other = await postgres.CreateDatabase(Ct);
        var database = await postgres.CreateDatabase(Ct);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Ct);

        await database.DisposeAsync();

        await using var count = other.DataSource.CreateCommand($"select count(*) from pg_database where datname = '{database.Name}'");
        Assert.Equal(0L, await count.ExecuteScalarAsync(Ct));
    }

    private static async Task<bool> Has(TestDatabase database, string table)
    {
        await using var command = database.DataSource.CreateCommand($"select to_regclass('{table}') is not null");
        return (bool)(await command.ExecuteScalarAsync(Ct))!;
    }

    private static async Task Execute(TestDatabase database, string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private static async Task Execute(string connectionString, string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using var command = dataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
