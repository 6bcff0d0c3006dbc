using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EventStore.Tests.Sql;

/// <summary>
/// The plans of the very statements that the store sends, on leaves that are large enough to mean it: planned for the values at hand, as a
/// statement's first uses are, and planned once for all values, as the later ones are.
/// </summary>
/// <remarks>
/// A leaf whose statistics were never taken is planned for the values at hand as if a range of positions had next to no rows, and sorted.
/// That is over after a few uses of the statement, or when the server has analyzed the leaf; the plan for all values is right from the beginning.
/// </remarks>
public sealed class PlanTests(PostgresFixture postgres)
{
    private const string Stream = "'00000000-0000-0000-0000-000000000007'";

    private static readonly DomainModel Model = new DomainModelBuilder()
        .AddEvent(typeof(Entered)).AddEvent(typeof(Named)).AddAggregate(typeof(Ledger)).AddAggregate(typeof(Journal)).Build();

    private static readonly DatabaseTemplate Filled = new("plans", async connectionString =>
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await new Migrator(dataSource, Model, new() { PoolShards = 2 }).Migrate();
        var tenants = new Tenants(dataSource);
        await tenants.Add("acme");
        await tenants.Add("globex");
        await Fill(dataSource, "ledger", "acme", streams: 800);
        await Fill(dataSource, "ledger", "globex", streams: 300);
        await Fill(dataSource, "journal", "acme", streams: 300);
        await dataSource.Execute("analyze", CancellationToken.None);
    });

    // The last is of a tenant that comes later.
    private static readonly (string Tenant, string Shard)[] Leaves = [("acme", "pool_0"), ("globex", "pool_1"), ("late", "tenant_1")];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, Behaviour(18)]
    [InlineData("load.sql", true)]
    [InlineData("load.sql", false)]
    [InlineData("load_cacheable.sql", true)]
    [InlineData("load_cacheable.sql", false)]
    [InlineData("load_at_time.sql", true)]
    [InlineData("load_at_time.sql", false)]
    public async Task A_load_finds_snapshot_and_tail_by_the_keys_of_their_leaves(string file, bool analyzed)
    {
        await using var database = await Database(analyzed);
        foreach (var (tenant, shard) in Leaves)
        {
            foreach (var (highest, snapshot) in (List<(string, string)>)[("9223372036854775807", "9223372036854775807"), ("75", "75"), ("50", "0")])
            {
                var type = file == "load_at_time.sql" ? "timestamptz" : "bigint";
                await RequireKeys(
                    database, shard, file, analyzed, $"text, uuid, int, text, {type}, bigint",
                    $"'{tenant}', {Stream}, 1, 'fingerprint', {(file == "load_at_time.sql" ? "now()" : highest)}, {snapshot}");
            }
        }
    }

    [Theory, Behaviour(18)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_tail_of_a_state_in_memory_is_found_by_the_key_of_its_leaf(bool analyzed)
    {
        await using var database = await Database(analyzed);
        foreach (var (tenant, shard) in Leaves)
        {
            await RequireKeys(
                database, shard, "load_tail.sql", analyzed, "text, uuid, bigint, bigint, bigint", $"'{tenant}', {Stream}, 90, 9223372036854775807, 102");
        }
    }

    [Theory, Behaviour(18)]
    [InlineData("read_forward.sql", true)]
    [InlineData("read_forward.sql", false)]
    [InlineData("read_backward.sql", true)]
    [InlineData("read_backward.sql", false)]
    public async Task A_stream_is_read_in_the_order_of_its_leafs_key(string file, bool analyzed)
    {
        await using var database = await Database(analyzed);
        foreach (var (tenant, shard) in Leaves)
        {
            foreach (var (from, limit) in (List<(int, int)>)[(1, int.MaxValue), (51, 20)])
            {
                await RequireKeys(
                    database, shard, file, analyzed, "text, uuid, bigint, bigint, timestamptz, int",
                    $"'{tenant}', {Stream}, {from}, 9223372036854775807, 'infinity', {limit}");
            }
        }
    }

    [Theory, Behaviour(18)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_append_looks_only_at_the_end_of_its_stream(bool analyzed)
    {
        const string Events = "array[gen_random_uuid()], array['ledger.entered'], array[1], array['{}']::jsonb[]";
        const string EventTypes = "uuid[], text[], smallint[], jsonb[]";
        await using var database = await Database(analyzed);
        foreach (var (tenant, shard) in Leaves)
        {
            var append = $"'{tenant}', {Stream}, 100, now(), '{{}}', {Events}";
            var types = $"text, uuid, bigint, timestamptz, jsonb, {EventTypes}";
            await RequireKeys(database, shard, "append.sql", analyzed, types, append);
            await RequireKeys(
                database, shard, "append_one.sql", analyzed, "text, uuid, bigint, timestamptz, jsonb, uuid, text, smallint, jsonb",
                $"'{tenant}', {Stream}, 100, now(), '{{}}', gen_random_uuid(), 'ledger.entered', 1::smallint, '{{}}'");
            await RequireKeys(
                database, shard, "append_next.sql", analyzed, "text, uuid, bigint, timestamptz, jsonb, uuid, text, smallint, jsonb",
                $"'{tenant}', {Stream}, 100, now(), '{{}}', gen_random_uuid(), 'ledger.entered', 1::smallint, '{{}}'");
            await RequireKeys(database, shard, "append_next_events.sql", analyzed, types, append);
            await RequireKeys(
                database, shard, "append_each.sql", analyzed, "text[], uuid[], bigint[], jsonb[], timestamptz, text, uuid[], text[], smallint[], jsonb[]",
                $"array['{tenant}'], array[{Stream}]::uuid[], '{{100}}', array['{{}}']::jsonb[], now(), '250', {Events}");
            await RequireKeys(
                database, shard, "append_with_claims.sql", analyzed, types + ", text[], text[], text[], text[]", append + ", '{name}', '{a}', '{name}', '{b}'");
            await RequireKeys(database, shard, "stream_tail.sql", analyzed, "text, uuid, bigint, int", $"'{tenant}', {Stream}, 90, 10");
            await RequireKeys(database, shard, "stream_version.sql", analyzed, "text, uuid", $"'{tenant}', {Stream}");

            // It sorts what is written, which is not what is stored.
            await RequireKeys(
                database, shard, "append_many.sql", analyzed,
                $"text[], uuid[], bigint[], jsonb[], timestamptz, text, int[], int[], {EventTypes}",
                $"array['{tenant}'], array[{Stream}]::uuid[], '{{100}}', array['{{}}']::jsonb[], now(), '250', '{{1}}', '{{1}}', {Events}",
                maySort: true);
            await RequireKeys(
                database, shard, "append_all.sql", analyzed,
                $"text, uuid[], bigint[], jsonb[], timestamptz, int[], int[], {EventTypes}",
                $"'{tenant}', array[{Stream}]::uuid[], '{{100}}', array['{{}}']::jsonb[], now(), '{{1}}', '{{1}}', {Events}",
                maySort: true);
        }
    }

    [Theory, Behaviour(18)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_import_finds_the_ends_of_its_streams_by_the_key_of_their_leaf(bool analyzed)
    {
        await using var database = await Database(analyzed);
        foreach (var (tenant, shard) in Leaves)
        {
            await RequireKeys(
                database, shard, "import_streams.sql", analyzed, "text[], uuid[], bigint[], bigint[]",
                $"array['{tenant}'], array[{Stream}]::uuid[], '{{90}}', '{{120}}'", maySort: true);
        }
    }

    [Theory, Behaviour(18)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_snapshots_and_the_streams_of_a_tenant_are_found_by_the_keys_of_their_leaves(bool analyzed)
    {
        await using var database = await Database(analyzed);
        foreach (var (tenant, shard) in Leaves)
        {
            // It sorts the few snapshots of one stream.
            await RequireKeys(
                database, shard, "prune_snapshots.sql", analyzed, "text, uuid, int, text, bigint, bigint, int", $"'{tenant}', {Stream}, 1, 'fingerprint', 3, 0, 500",
                maySort: true);
            await RequireKeys(
                database, shard, "snapshot_streams.sql", analyzed, "text, uuid, int, text, int", $"'{tenant}', {Stream}, 1, 'fingerprint', 101", maySort: true);
            await RequireKeys(database, shard, "event_sizes.sql", analyzed, "text, uuid, bigint", $"'{tenant}', {Stream}, 100");
        }
    }

    [Theory, Behaviour(18)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_feed_of_one_shard_is_read_in_the_order_of_its_leafs_index_on_position(bool analyzed)
    {
        await using var database = await Database(analyzed);
        foreach (var (_, shard) in Leaves)
        {
            foreach (var plan in await FeedPlans(database, Feed.ShardStatement(shard, ["ledger"]), analyzed, "0", "last_value / 2", "last_value - 100"))
            {
                Assert.Equal([$"events_ledger_{shard}_position_idx"], plan.Indexes);
            }
        }
    }

    [Theory, Behaviour(18)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_feed_of_several_leaves_merges_their_indexes(bool analyzed)
    {
        string[] ledgers = ["events_ledger_pool_0_position_idx", "events_ledger_pool_1_position_idx", "events_ledger_tenant_1_position_idx"];
        string[] journals = ["events_journal_pool_0_position_idx", "events_journal_pool_1_position_idx", "events_journal_tenant_1_position_idx"];
        await using var database = await Database(analyzed);
        foreach (var (statement, indexes) in (List<(string, string[])>)
            [
                (Feed.FeedStatement("events", " and aggregate_type in ('ledger')"), ledgers),
                (Feed.FeedStatement("events", ""), [.. journals, .. ledgers]),
                (Feed.ShardStatement("pool_0", ["ledger", "journal"]), [journals[0], ledgers[0]]),
            ])
        {
            // Of the last hundred positions nothing is asked: sorting so few rows is as good as merging them.
            foreach (var plan in await FeedPlans(database, statement, analyzed, "0", "last_value / 2"))
            {
                Assert.Equal(indexes, plan.Indexes.Order(StringComparer.Ordinal));
                Assert.Contains("Merge Append", plan.Nodes);
            }
        }
    }

    private static async Task<List<Plan>> FeedPlans(TestDatabase database, string statement, bool analyzed, params string[] positions)
    {
        var plans = new List<Plan>();
        foreach (var after in positions)
        {
            plans.AddRange(await Plan.Of(
                database, statement, analyzed, "bigint, bigint, timestamptz, int",
                $"(select {after} from eventstore.position), (select last_value from eventstore.position), '-infinity', 1000"));
        }

        Assert.All(plans, plan => plan.RequireIndexes(maySort: false));
        return plans;
    }

    private static async Task RequireKeys(
        TestDatabase database, string shard, string file, bool analyzed, string types, string values, bool maySort = false)
    {
        var leaf = Leaf.Of("ledger", shard);
        foreach (var plan in await Plan.Of(database, leaf.Statement(file), analyzed, types, values))
        {
            plan.RequireIndexes(maySort);
            Assert.NotEmpty(plan.Indexes);
            Assert.All(plan.Indexes, index => Assert.Contains(index, (string[])[leaf.Events + "_pkey", leaf.Snapshots + "_pkey"]));
        }
    }

    private async Task<TestDatabase> Database(bool analyzed)
    {
        var database = await postgres.CreateDatabase(Filled, Ct);
        await new Tenants(database.DataSource).Add("late", TenantPlacement.Dedicated, Ct);
        await Fill(database.DataSource, "ledger", "late", streams: 300);
        await Fill(database.DataSource, "journal", "late", streams: 20);
        if (analyzed)
        {
            await database.DataSource.Execute("analyze", Ct);
        }

        return database;
    }

    internal static Task Fill(
        NpgsqlDataSource dataSource, string type, string tenant, int streams, string data = """'{"amount": 1, "note": "filled"}'""") => dataSource.Execute(
        $$"""
        insert into eventstore.events (
          position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
        )
        select
          nextval('eventstore.position'), e.version, now(), gen_random_uuid(), ('00000000-0000-0000-0000-' || lpad(s.n::text, 12, '0'))::uuid, 1,
          '{{type}}', t.shard, t.tenant_id, 'ledger.entered', {{data}}, '{}'
        from eventstore.tenants t, generate_series(1, 100) as e (version), generate_series(1, {{streams}}) as s (n)
        where t.tenant_id = '{{tenant}}';
        insert into eventstore.snapshots (version, recorded_at, aggregate_id, schema_number, aggregate_type, shard, tenant_id, fingerprint, state)
        select version, recorded_at, aggregate_id, 1, aggregate_type, shard, tenant_id, 'fingerprint', '{}'
        from eventstore.events
        where version % 10 = 0 and aggregate_type = '{{type}}' and tenant_id = '{{tenant}}'
        """,
        CancellationToken.None);

    [AggregateType("journal")]
    public sealed class Journal(Guid id) : Aggregate<LedgerState>(id);
}
