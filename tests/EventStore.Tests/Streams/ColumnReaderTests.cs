using System.Text;
using Monolith.Testing;
using Npgsql;

namespace Monolith.EventStore.Tests.Streams;

public sealed class ColumnReaderTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Names_of_any_length_and_alphabet_are_read_as_they_are_also_where_they_share_a_place()
    {
        // Those of each line have length, first, middle and last letter in common.
        string[] names =
        [
            "", "a", "acme", "axme", "bcme",
            "ledger.moved", "ledgar.moved", "lodger.moved",
            "größe", "grüße", "日本", "日木",
            .. Enumerable.Range(126, 5).Select(length => new string('n', length)), new string('é', 1000),
        ];
        await using var database = await postgres.CreateDatabase(Ct);

        var read = await Read(database, "text", [.. names, .. names, .. names.Reverse()], (columns, reader) => columns.Name(reader, 0));

        Assert.Equal([.. names, .. names, .. names.Reverse()], read);
    }

    [Fact]
    public async Task A_name_that_was_read_before_is_the_same_string()
    {
        await using var database = await postgres.CreateDatabase(Ct);

        var read = await Read(database, "text", ["tenant-1", "ledger", "tenant-1"], (columns, reader) => columns.Name(reader, 0));

        Assert.Same(read[0], read[2]);
    }

    [Fact]
    public async Task Json_of_any_length_is_read_whole_and_stays_while_names_are_read()
    {
        string[] texts = ["1", "{}", .. Enumerable.Range(1018, 10).Select(length => $"\"{new string('j', length)}\""), $"\"{new string('é', 100_000)}\"", "[]"];
        await using var database = await postgres.CreateDatabase(Ct);

        var read = await Read(database, "jsonb", texts, (columns, reader) =>
        {
            var json = columns.Json(reader, 0);
            Assert.Equal("name", columns.Name(reader, 1));
            return Encoding.UTF8.GetString(json.Span);
        });

        Assert.Equal(texts, read);
    }

    [Fact]
    public async Task What_is_not_jsonb_is_an_error_and_not_read_as_if_it_were()
    {
        await using var database = await postgres.CreateDatabase(Ct);

        await Assert.ThrowsAsync<InvalidOperationException>(() => Read(database, "text", ["{}"], (columns, reader) => Encoding.UTF8.GetString(columns.Json(reader, 0).Span)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Read(database, "text", [""], (columns, reader) => Encoding.UTF8.GetString(columns.Json(reader, 0).Span)));
    }

    private static async Task<List<string>> Read(TestDatabase database, string type, string[] values, Func<ColumnReader, NpgsqlDataReader, string> read)
    {
        await using var command = database.DataSource.CreateCommand($"select value::{type}, 'name' from unnest($1) with ordinality as given (value, place) order by place");
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = values });
        await using var reader = await command.ExecuteReaderAsync(Ct);
        using var columns = new ColumnReader();
        var found = new List<string>();
        while (await reader.ReadAsync(Ct))
        {
            found.Add(read(columns, reader));
        }

        return found;
    }
}
