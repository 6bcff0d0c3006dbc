using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EventStore.Tests.Sql;

/// <summary>The plan of the very statement that searches, as it is sent: planned for the fragment at hand, on a leaf that is large enough to mean it.</summary>
public sealed class SearchPlanTests(PostgresFixture postgres)
{
    private static readonly DomainModel Model = new DomainModelBuilder()
        .AddEvent(typeof(Entered)).AddEvent(typeof(Named)).AddAggregate(typeof(Catalogue)).Build();

    private static readonly DatabaseTemplate Filled = new("search plans", async connectionString =>
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await new Migrator(dataSource, Model, new() { PoolShards = 1 }).Migrate();
        await new Tenants(dataSource).Add("acme");
        await PlanTests.Fill(dataSource, "catalogue", "acme", streams: 500, data: """jsonb_build_object('amount', s.n, 'note', s.n || '-' || e.version, 'currency', 'EUR')""");
        await dataSource.Execute(
            """
            select eventstore.ensure_archive('catalogue', 'pool_0');
            select eventstore.move_stream('acme', 'catalogue', ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'pool_0', 'pool_0_archive')
            from generate_series(1, 250) as n;
            """,
            CancellationToken.None);
        await dataSource.Execute("vacuum analyze", CancellationToken.None);
    });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"note": "7-77"}""")]
    [InlineData("""{"amount": 7, "currency": "EUR"}""")]
    [InlineData("""{"note": "nothing has it"}""")]
    public async Task What_few_events_hold_is_found_by_the_indexes_on_their_data(string fragment)
    {
        await using var database = await postgres.CreateDatabase(Filled, Ct);

        var plan = await PlanOf(database, fragment);

        Assert.Equal(["events_catalogue_pool_0_archive_data_idx", "events_catalogue_pool_0_data_idx"], plan.AllIndexes.Where(IsOfEvents).Order(StringComparer.Ordinal));
        Assert.Equal(["Bitmap Heap Scan", "Bitmap Heap Scan"], plan.Scans);
    }

    [Fact]
    public async Task What_most_events_hold_is_found_along_their_positions_until_the_page_is_full()
    {
        await using var database = await postgres.CreateDatabase(Filled, Ct);

        var plan = await PlanOf(database, """{"currency": "EUR"}""");

        plan.RequireIndexes(maySort: false);
        Assert.Equal(["events_catalogue_pool_0_archive_position_idx", "events_catalogue_pool_0_position_idx"], plan.Indexes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_store_has_its_search_planned_for_the_fragment_however_often_it_was_used()
    {
        await using var database = await postgres.CreateDatabase(Filled, Ct);
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 2,
            MaxPoolSize = 1,
            Options = "-c plan_cache_mode=force_generic_plan",
        };
        await using var dataSource = NpgsqlDataSource.Create(connection);
        await using var store = new PostgresEventStore(dataSource, Model);

        for (var use = 1; use <= 20; use++)
        {
            Assert.Single(await store.Search(new("acme", "catalogue", $$"""{"note": "{{use}}-1"}"""), Ct).ToListAsync(Ct));
        }

        Assert.Equal(
            ["0 true"],
            await dataSource.Column<string>("select generic_plans || ' ' || (custom_plans > 10) from pg_prepared_statements where statement like '%data @>%' and statement like '%events_catalogue%'", Ct));
    }

    private static bool IsOfEvents(string index) => index.StartsWith("events", StringComparison.Ordinal);

    private static Task<Plan> PlanOf(TestDatabase database, string fragment) => Plan.Of(
        database, Leaf.Of("catalogue", "pool_0").StatementWithArchive("search_events.sql"), "force_custom_plan", "text, jsonb, bigint, bigint, text[], int",
        $"'acme', '{fragment}'::jsonb, 0, (select last_value from eventstore.position), null, 100");

    [AggregateType("catalogue", IndexData = true)]
    public sealed class Catalogue(Guid id) : Aggregate<LedgerState>(id);
}
