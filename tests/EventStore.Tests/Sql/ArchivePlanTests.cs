using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EventStore.Tests.Sql;

/// <summary>
/// Who reads a shard reads its archive: the statements plan over the leaves that are there, with their indexes and without a sort, whether
/// there is an archive (in the first shard, half of it) or not (in the second).
/// </summary>
public sealed class ArchivePlanTests(PostgresFixture postgres)
{
    private const string Stream = "'00000000-0000-0000-0000-000000000007'";

    private static readonly DomainModel Model = new DomainModelBuilder()
        .AddEvent(typeof(Entered)).AddEvent(typeof(Named)).AddAggregate(typeof(Ledger)).AddAggregate(typeof(PlanTests.Journal)).Build();

    private static readonly DatabaseTemplate Filled = new("archive plans", async connectionString =>
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await new Migrator(dataSource, Model, new() { PoolShards = 2 }).Migrate();
        foreach (var tenant in (string[])["acme", "globex"])
        {
            await new Tenants(dataSource).Add(tenant);
            foreach (var type in (string[])["ledger", "journal"])
            {
                await PlanTests.Fill(dataSource, type, tenant, streams: 400);
            }
        }

        await dataSource.Execute(
            """
            select eventstore.ensure_archive('ledger', 'pool_0');
            select eventstore.move_stream('acme', 'ledger', ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'pool_0', 'pool_0_archive')
            from generate_series(1, 200) as n;
            """,
            CancellationToken.None);
        await dataSource.Execute("vacuum analyze", CancellationToken.None);
    });

    private static readonly string[] Archived = ["events_ledger_pool_0_archive_position_idx", "events_ledger_pool_0_position_idx"];

    private static readonly string[] NotArchived = ["events_ledger_pool_1_position_idx"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact, Behaviour(18)]
    public async Task The_feed_of_a_shard_merges_the_indexes_on_position_of_its_leaf_and_its_archive()
    {
        await using var database = await postgres.CreateDatabase(Filled, Ct);
        foreach (var (shard, indexes) in (List<(string, string[])>)[("pool_0", Archived), ("pool_1", NotArchived)])
        {
            string[] several = [$"events_journal_{shard}_position_idx", .. indexes];
            await RequirePositions(database, Feed.ShardStatement(shard, ["ledger"]), "bigint, bigint, timestamptz, int", "'-infinity', 1000", indexes);
            await RequirePositions(database, Feed.ShardStatement(shard, ["ledger", "journal"]), "bigint, bigint, timestamptz, int", "'-infinity', 1000", several);
            await RequirePositions(database, ProjectionReader.Statement("events_ledger", Leaf.InShard(shard)), "bigint, bigint, int", "1000", indexes);
        }
    }

    [Fact, Behaviour(18)]
    public async Task Projections_of_several_types_or_shards_merge_the_indexes_of_all_their_leaves()
    {
        await using var database = await postgres.CreateDatabase(Filled, Ct);
        var plan = await Plan.Of(
            database, ProjectionReader.Statement("events", ProjectionReader.OfSeveralLeaves), "force_custom_plan", "bigint, bigint, int, text[], text[]",
            "0, 80000, 1000, array['ledger']::text[], array['pool_0', 'pool_0_archive', 'pool_1', 'pool_1_archive']::text[]");

        plan.RequireIndexes(maySort: false);
        Assert.Equal([.. Archived, .. NotArchived], plan.Indexes.Order(StringComparer.Ordinal));
        Assert.Contains("Merge Append", plan.Nodes);
    }

    [Fact, Behaviour(18)]
    public async Task An_archived_stream_is_found_by_the_keys_of_the_leaf_and_the_archive()
    {
        await using var database = await postgres.CreateDatabase(Filled, Ct);
        foreach (var (shard, archives) in (List<(string, string[])>)[("pool_0", ["", "_archive"]), ("pool_1", [""])])
        {
            var leaf = Leaf.Of("ledger", shard);
            var keys = archives.SelectMany(archive => new[] { $"{leaf.Events}{archive}_pkey", $"{leaf.Snapshots}{archive}_pkey" }).ToList();
            foreach (var (file, types, values) in (List<(string, string, string?)>)
                [
                    ("load_anywhere.sql", "text, uuid, int, text, bigint, bigint, timestamptz", "1, 'fingerprint', 9223372036854775807, 9223372036854775807, 'infinity'"),
                    ("load_anywhere.sql", "text, uuid, int, text, bigint, bigint, timestamptz", "1, 'fingerprint', 75, 75, now()"),
                    ("stream_version.sql", "text, uuid", null),
                    ("read_forward.sql", "text, uuid, bigint, bigint, timestamptz, int", "51, 9223372036854775807, 'infinity', 20"),
                    ("read_backward.sql", "text, uuid, bigint, bigint, timestamptz, int", "51, 9223372036854775807, 'infinity', 20"),
                ])
            {
                foreach (var plan in await Plan.Of(database, leaf.StatementWithArchive(file), analyzed: true, types, $"'acme', {Stream}{(values is null ? "" : $", {values}")}"))
                {
                    // What is sorted are the two ends of one stream, if anything.
                    plan.RequireIndexes(maySort: true);
                    Assert.All(plan.Indexes, index => Assert.Contains(index, keys));
                }
            }
        }
    }

    [Fact, Behaviour(18)]
    public async Task Parked_events_are_found_by_their_positions_in_the_leaf_and_the_archive()
    {
        await using var database = await postgres.CreateDatabase(Filled, Ct);
        foreach (var (shard, indexes) in (List<(string, string[])>)[("pool_0", Archived), ("pool_1", NotArchived)])
        {
            foreach (var plan in await Plan.Of(database, Leaf.Of("ledger", shard).StatementWithArchive("parked_events.sql"), analyzed: true, "bigint[]", "array[5, 7]::bigint[]"))
            {
                Assert.Equal(indexes, plan.AllIndexes.Order(StringComparer.Ordinal));
            }
        }
    }

    private static async Task RequirePositions(TestDatabase database, string statement, string types, string values, string[] indexes)
    {
        foreach (var after in (string[])["0", "last_value / 2"])
        {
            foreach (var plan in await Plan.Of(
                database, statement, analyzed: true, types,
                $"(select {after} from eventstore.position), (select last_value from eventstore.position), {values}"))
            {
                plan.RequireIndexes(maySort: false);
                Assert.Equal(indexes, plan.Indexes.Order(StringComparer.Ordinal));
                Assert.Equal(indexes.Length > 1, plan.Nodes.Contains("Merge Append"));
            }
        }
    }
}
