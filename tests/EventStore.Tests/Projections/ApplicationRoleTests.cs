using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EventStore.Tests.Projections;

/// <summary>Projections run, are rebuilt and take the place of their old rows under a role that can make and drop no table.</summary>
public sealed class ApplicationRoleTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_table_projection_runs_and_is_rebuilt_again_and_again_under_the_role()
    {
        await using var bed = await Bed.Create(postgres, new Totals(1));
        await using var host = await bed.Run(new Totals(1));
        await bed.Enter(5m, 7m);
        await host.CaughtUp();
        Assert.Equal(["12 2"], await bed.Rows());

        for (var n = 0; n < 2; n++)
        {
            await bed.Database.DataSource.Execute("update shop.totals set sum = 0", Ct);
            await host.Operations.Rebuild("shop.totals", Ct);
            await bed.Promoted();
            Assert.Equal(["12 2"], await bed.Rows());
        }

        await bed.Enter(1m);
        await host.CaughtUp();
        Assert.Equal(["1 1", "12 2"], await bed.Rows());
        Assert.Null(await bed.Migrator.MissingGrants(["shop"], Ct));
    }

    [Fact]
    public async Task A_new_version_with_other_tables_is_rebuilt_by_itself_once_the_migration_has_run_and_not_before()
    {
        await using var bed = await Bed.Create(postgres, new Totals(1));
        await using (var old = await bed.Run(new Totals(1)))
        {
            await bed.Enter(5m, 7m);
            await old.CaughtUp();
        }

        await using var host = await bed.Run(new Totals(2));
        var early = await Assert.ThrowsAsync<SchemaException>(() => host.Operations.Rebuild("shop.totals", Ct));
        Assert.Contains("the read model shop.notes is new", early.Message, StringComparison.Ordinal);
        Assert.Equal(["tables of shop.totals 2"], await bed.Schema(new Totals(2)).Missing(Ct));

        await bed.Prepare(new Totals(2));
        await bed.Promoted(version: 2);

        Assert.Equal(["12 2"], await bed.Rows());
        Assert.Equal(2, await bed.Database.DataSource.Scalar<int>("select count(*)::int from shop.totals join shop.notes using (ledger_id)", Ct));
        await bed.Enter(1m);
        await host.CaughtUp();
        Assert.Equal(["1 1", "12 2"], await bed.Rows());
    }

    [Fact]
    public async Task One_tenant_and_one_aggregate_are_rebuilt_and_all_is_verified_under_the_role()
    {
        await using var bed = await Bed.Create(postgres, new Totals(1));
        await using var host = await bed.Run(new Totals(1));
        await bed.Enter(5m, 7m);
        await bed.Enter(1m);
        await host.CaughtUp();
        Assert.Equal((2, 0), await Verified());

        var ledger = await bed.Database.DataSource.Scalar<Guid>("update shop.totals set sum = 0 where entries = 2 returning ledger_id", Ct);
        Assert.Equal((2, 1), await Verified());
        await host.Operations.RebuildAggregate("shop.totals", "acme", ledger, Ct);
        Assert.Equal(["1 1", "12 2"], await bed.Rows());

        await bed.Database.DataSource.Execute("update shop.totals set sum = 0", Ct);
        await host.Operations.RebuildTenant("shop.totals", "acme", Ct);
        await bed.Promoted();
        Assert.Equal(["1 1", "12 2"], await bed.Rows());
        await bed.Enter(3m);
        await host.CaughtUp();
        Assert.Equal(["1 1", "12 2", "3 1"], await bed.Rows());
        Assert.Null(await bed.Migrator.MissingGrants(["shop"], Ct));

        async Task<(long, long)> Verified()
        {
            var report = await host.Operations.Verify("shop.totals", ct: Ct);
            return (report.Compared, report.Different);
        }
    }

    [Fact]
    public async Task A_rebuild_is_given_up_under_the_role()
    {
        await using var bed = await Bed.Create(postgres, new Totals(1));
        await using (var host = await bed.Run(new Totals(1)))
        {
            await bed.Enter(5m);
            await host.CaughtUp();
        }

        await using var idle = bed.Connect(new Totals(1));
        await idle.Operations.Rebuild("shop.totals", Ct);
        Assert.Equal(1, await bed.Database.DataSource.Scalar<long>("select count(*) from pg_tables where schemaname = 'shop_shadow'", Ct));

        Assert.True(await idle.Operations.CancelRebuild("shop.totals", Ct));

        Assert.Equal(0, await bed.Database.DataSource.Scalar<long>("select count(*) from pg_tables where schemaname = 'shop_shadow'", Ct));
        Assert.Equal(["5 1"], await bed.Rows());
    }

    [Fact]
    public async Task The_script_of_read_models_makes_what_the_migration_makes()
    {
        await using var bed = await Bed.Create(postgres);
        var schema = bed.Schema(new Totals(2));
        var missing = await schema.Missing(Ct);

        await bed.Database.DataSource.Execute(schema.Script(), Ct);

        Assert.Equal(["tables of shop.totals 2"], missing);
        Assert.Empty(await schema.Missing(Ct));
        Assert.Equal(["notes", "totals"], await bed.Database.DataSource.Column<string>("select tablename::text from pg_tables where schemaname = 'shop' order by 1", Ct));
    }

    /// <summary>Tables with what a copy of a table would lose: an own sequence, an index over an expression, and in version 2 a foreign key.</summary>
    private sealed class Totals : TableProjection
    {
        public Totals(int version) : base("shop.totals", version, "shop") => Reads<Ledger>();

        public override string AggregateColumn => "ledger_id";

        public override IReadOnlyList<string> Tables => Version == 1 ? ["totals"] : ["notes", "totals"];

        public override string Definition =>
            """
            create table if not exists totals (
              number bigserial,
              tenant_id text not null,
              ledger_id uuid constraint totals_pkey primary key,
              sum numeric not null,
              entries int not null
            );
            create index if not exists totals_rounded_idx on totals (tenant_id, (round(sum)));
            """
            + (Version == 1 ? "" : "create table if not exists notes (ledger_id uuid constraint notes_ledger_fkey references totals, note text not null);");

        public override void Apply(EventEnvelope envelope, TableStatements statements)
        {
            var entered = (Entered)envelope.Event;
            statements.Add(
                """
                insert into totals as t (tenant_id, ledger_id, sum, entries)
                values ($1, $2, $3, 1)
                on conflict (ledger_id) do update set sum = t.sum + excluded.sum, entries = t.entries + 1
                """,
                envelope.TenantId, envelope.AggregateId, entered.Amount);
            if (Version > 1)
            {
                statements.Add("insert into notes (ledger_id, note) values ($1, $2)", envelope.AggregateId, entered.Note);
            }
        }
    }

    private sealed class Bed(TestDatabase database, TestRole role) : IAsyncDisposable
    {
        private readonly PostgresEventStore store = new(database.DataSource, Ledger.Model);

        public TestDatabase Database => database;

        public Migrator Migrator { get; } = new(database.DataSource, Ledger.Model, new() { ApplicationRole = role.Name });

        public static async Task<Bed> Create(PostgresFixture postgres, params Projection[] projections)
        {
            var bed = new Bed(await postgres.CreateDatabase(Ledger.Database, Ct), await postgres.Role("application", Ct));
            await bed.Migrator.Migrate(Ct);
            await bed.Prepare(projections);
            return bed;
        }

        public ReadModelSchema Schema(params Projection[] projections) => new(database.DataSource, new(Ledger.Model, projections), []);

        public async Task Prepare(params Projection[] projections)
        {
            await Schema(projections).Migrate(Ct);
            await Migrator.Grant(Schema(projections).Schemas, Ct);
        }

        public Task<AppendResult> Enter(params decimal[] amounts) => store.Append(
            new(new("acme", "ledger", Guid.CreateVersion7()), ExpectedVersion.None, amounts.Select(amount => NewEvent.Of(new Entered(amount, "shop")))), Ct);

        public Task<List<string>> Rows() => database.DataSource.Column<string>("select format('%s %s', sum::int, entries) from shop.totals order by 1", Ct);

        public Host Connect(params Projection[] projections) => new(role.Of(database.ConnectionString), projections);

        public async Task<Host> Run(params Projection[] projections)
        {
            var host = Connect(projections);
            await host.Runner.StartAsync(Ct);
            return host;
        }

        public Task Promoted(int version = 1) => database.DataSource.Until(
            $"select bool_and(slot = 'live' and version = {version}) from eventstore.projection_checkpoints",
            new CancellationTokenSource(Patience).Token);

        public async ValueTask DisposeAsync()
        {
            await store.DisposeAsync();
            await database.DisposeAsync();
        }
    }

    private sealed class Host : IAsyncDisposable
    {
        private readonly NpgsqlDataSource connections;
        private readonly PostgresEventStore store;

        public Host(string connectionString, params Projection[] projections)
        {
            connections = NpgsqlDataSource.Create(ConnectionStrings.Tune(connectionString));
            store = new(connections, Ledger.Model);
            var catalog = new ProjectionCatalog(Ledger.Model, projections);
            Operations = new(connections, catalog, store.Feed);
            var options = new ProjectionOptions
            {
                Heartbeat = TimeSpan.FromMilliseconds(200),
                IdleCheckpoints = TimeSpan.FromMilliseconds(100),
                RetryDelay = (TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50)),
            };
            Runner = new(connections, Ledger.Model, store, catalog, views: null, options, Operations);
        }

        public ProjectionRunner Runner { get; }

        public ProjectionOperations Operations { get; }

        public async Task CaughtUp() => await Runner.WaitForAll(await store.Feed.Refresh(Ct), Patience, Ct);

        public async ValueTask DisposeAsync()
        {
            await Runner.DisposeAsync();
            await store.DisposeAsync();
            await connections.DisposeAsync();
        }
    }
}
