using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Monolith.Testing;
using Npgsql;

namespace Monolith.EventStore.Tests.Sql;

/// <summary>Every statement of the kernel is a file, every file is used, and every one of them fits the schema.</summary>
public sealed class StatementFileTests(PostgresFixture postgres)
{
    // Where the server cannot tell from the statement alone which types the parameters have.
    private static readonly Dictionary<string, string> ParameterTypes = new(StringComparer.Ordinal)
    {
        ["append.sql"] = "text, uuid, bigint, timestamptz, jsonb, uuid[], text[], smallint[], jsonb[]",
        ["append_next_events.sql"] = "text, uuid, bigint, timestamptz, jsonb, uuid[], text[], smallint[], jsonb[]",
        ["append_with_claims.sql"] = "text, uuid, bigint, timestamptz, jsonb, uuid[], text[], smallint[], jsonb[], text[], text[], text[], text[]",
        ["append_many.sql"] = "text[], uuid[], bigint[], jsonb[], timestamptz, text, int[], int[], uuid[], text[], smallint[], jsonb[]",
        ["append_each.sql"] = "text[], uuid[], bigint[], jsonb[], timestamptz, text, uuid[], text[], smallint[], jsonb[]",
        ["append_all.sql"] = "text, uuid[], bigint[], jsonb[], timestamptz, int[], int[], uuid[], text[], smallint[], jsonb[]",
        ["lock_claims.sql"] = "text, text[], text[], text[]",
        ["release_claims.sql"] = "text, text[], text[], text[], uuid[]",
        ["take_claims.sql"] = "text, text[], text[], text[], uuid[]",
        ["claims_held.sql"] = "text, text, text[], text[], uuid",
        ["import_streams.sql"] = "text[], uuid[], bigint[], bigint[]",
        ["find_archived.sql"] = "text, text[], uuid[]",
        ["search_events.sql"] = "text, jsonb, bigint, bigint, text[], int",
        ["write_snapshots.sql"] = "text, uuid, int, text, bigint[], timestamptz[], jsonb[]",
        ["missing_types.sql"] = "text[]",
        ["data_index_changes_for.sql"] = "text[], boolean[]",
        ["unknown_read_models.sql"] = "text[], text[]",
        ["definition_made.sql"] = "text, int, text, text[], text",
        ["register_types.sql"] = "text[], boolean[], timestamptz",
        ["checkpoints_acquire.sql"] = "text[], text[], text[], text, timestamptz",
        ["checkpoints_ensure.sql"] = "text[], int[], bigint[], timestamptz",
        ["checkpoints_lock.sql"] = "text, text[], text",
        ["checkpoints_move_idle.sql"] = "text[], text[], text[], bigint[], bigint[], bigint[], timestamptz",
        ["checkpoints_release.sql"] = "text[], text[], text[], text, timestamptz",
        ["checkpoints_move_inline.sql"] = "text[], bigint, timestamptz",
        ["inline_enter.sql"] = "text[]",
        ["inline_keys.sql"] = "text[]",
        ["inline_exclude.sql"] = "text",
        ["parked_add.sql"] = "text, text, text, bigint[], text[], text[], uuid[], bigint[], uuid[], text[], int[], text[], timestamptz",
        ["parked_list.sql"] = "text",
        ["rebuild_begin.sql"] = "text, int, bigint, text[], bigint[], timestamptz, text, text",
        ["compare_rows.sql"] = "text, text, text, text, text[], text, text, text, int, bigint, int",
        ["count_events.sql"] = "text[], bigint, text",
        ["parked_clear.sql"] = "text, text, uuid",
        ["rebuilds_list.sql"] = "text",
        ["table_size.sql"] = "text, text",
        ["projection_lag.sql"] = "text, text[], bigint, int",
        ["parked_retry.sql"] = "text, bigint, timestamptz",
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static IEnumerable<string> Files => Statements.All;

    [Fact]
    public void Every_statement_that_the_code_names_is_a_file_and_every_file_is_named()
    {
        var migrations = Migrator.Migrations.Select(migration => migration.File).ToHashSet(StringComparer.Ordinal);

        Assert.Equal(Files.Where(file => !migrations.Contains(file)).Order(StringComparer.Ordinal), NamedInCode().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Statements_are_in_lower_case_and_migrations_are_numbered_without_a_hole()
    {
        foreach (var file in Files)
        {
            var text = string.Join('\n', Statements.Text(file).Split('\n').Where(line => !line.TrimStart().StartsWith("--", StringComparison.Ordinal)));
            var outsideText = string.Concat(text.Split('\'').Where((_, index) => index % 2 == 0)).Replace("collate \"C\"", "", StringComparison.Ordinal);
            Assert.Equal(outsideText.ToLowerInvariant(), outsideText);
        }

        Assert.Equal(Enumerable.Range(1, Migrator.Migrations.Count), Migrator.Migrations.Select(migration => migration.Number));
    }

    [Fact]
    public async Task Every_statement_fits_the_schema()
    {
        await using var database = await postgres.CreateDatabase(Ledger.Database, Ct);
        await using var connection = await database.DataSource.OpenConnectionAsync(Ct);
        var failures = new List<string>();
        foreach (var file in Files.Where(file => !char.IsAsciiDigit(file[0]) && file != "bootstrap.sql"))
        {
            var types = ParameterTypes.TryGetValue(file, out var known) ? $" ({known})" : "";
            try
            {
                if (Concrete(file).StartsWith("copy ", StringComparison.Ordinal))
                {
                    await using var copy = await connection.BeginBinaryImportAsync(Concrete(file), Ct);
                    continue;
                }

                if (Concrete(file).StartsWith("do ", StringComparison.Ordinal))
                {
                    await using var block = new NpgsqlCommand(Concrete(file), connection);
                    await block.ExecuteNonQueryAsync(Ct);
                    continue;
                }

                await using var prepare = new NpgsqlCommand($"prepare statement_of_a_file{types} as {Concrete(file)}", connection);
                await prepare.ExecuteNonQueryAsync(Ct);
                await using var forget = new NpgsqlCommand("deallocate statement_of_a_file", connection);
                await forget.ExecuteNonQueryAsync(Ct);
            }
            catch (PostgresException error)
            {
                failures.Add($"{file}: {error.MessageText}");
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures.Prepend($"Where only the types of the parameters are missing, add them to {nameof(ParameterTypes)}.")));
    }

    private static string Concrete(string file) => Leaf.Of("ledger", "pool_0").Statement(file).Replace("{filter}", "", StringComparison.Ordinal);

    // The string literals of the assembly, so that no list has to be kept beside the code.
    private static HashSet<string> NamedInCode()
    {
        using var assembly = new PEReader(File.OpenRead(typeof(PostgresEventStore).Assembly.Location));
        var metadata = assembly.GetMetadataReader();
        var named = new HashSet<string>(StringComparer.Ordinal);
        for (var handle = MetadataTokens.UserStringHandle(0); ; handle = metadata.GetNextHandle(handle))
        {
            if (!handle.IsNil && metadata.GetUserString(handle) is var literal && literal.EndsWith(".sql", StringComparison.Ordinal) && literal.Length > ".sql".Length)
            {
                named.Add(literal);
            }

            if (metadata.GetNextHandle(handle).IsNil)
            {
                return named;
            }
        }
    }
}
