using Npgsql;

namespace Monolith.Testing.Conformance;

/// <summary>SQL in one line, for tests.</summary>
public static class Questions
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    public static async Task<int> Execute(this NpgsqlDataSource dataSource, string sql, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync(ct);
    }

    public static async Task<T> Scalar<T>(this NpgsqlDataSource dataSource, string sql, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    public static async Task<List<T>> Column<T>(this NpgsqlDataSource dataSource, string sql, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var values = new List<T>();
        while (await reader.ReadAsync(ct))
        {
            values.Add(await reader.GetFieldValueAsync<T>(0, ct));
        }

        return values;
    }

    /// <summary>Waits until a query says true; the token is the deadline.</summary>
    public static async Task Until(this NpgsqlDataSource dataSource, string query, CancellationToken ct)
    {
        while (!await dataSource.Scalar<bool>(query, ct))
        {
            await Task.Delay(BetweenLooks, ct);
        }
    }
}
