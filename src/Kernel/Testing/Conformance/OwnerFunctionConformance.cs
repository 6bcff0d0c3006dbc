using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;
using NpgsqlTypes;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What runs as the owner of the schema for the application's role does what it is for and nothing else, whatever it is called with.</summary>
public abstract class OwnerFunctionConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string NoReadModel = "ES031";
    private const string New = "ES032";

    /// <summary>Tables that are no read models, and names that are none at all.</summary>
    public static TheoryData<string?, string?> Foreign => new()
    {
        { "eventstore", "events" },
        { "eventstore", "events_tally_pool_0" },
        { "eventstore", "migrations" },
        { "eventstore", "read_models" },
        { "pg_catalog", "pg_authid" },
        { "information_schema", "sql_features" },
        { "wolverine", "wolverine_outgoing_envelopes" },
        { "public", "anything" },
        { "sales", "secrets" },
        { "sales_shadow", "orders" },
        { "SALES", "orders" },
        { "sales", "orders; drop schema eventstore cascade" },
        { "sales\"; drop schema eventstore cascade; --", "orders" },
        { "", "" },
        { null, "orders" },
        { "sales", null },
    };

    /// <inheritdoc />
    protected override bool UnderApplicationRole => true;

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task Only_what_the_owner_wrote_down_as_a_read_model_is_copied_replaced_or_dropped(string? schema, string? table)
    {
        await using var store = await WithReadModel();
        await store.Execute("create table sales.secrets (id int)", Ct);
        var before = await Relations(store);

        Assert.Equal(NoReadModel, await Refusal(store, "select eventstore.make_shadow($1, $2)", schema, table));
        Assert.Equal(NoReadModel, await Refusal(store, "select eventstore.promote_shadow($1, $2)", schema, table));

        Assert.Equal(before, await Relations(store));
    }

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task Nor_is_the_like_of_it_dropped_from_where_shadows_lie(string? schema, string? table)
    {
        await using var store = await WithReadModel();
        foreach (var shadow in (string[])["eventstore_shadow", "wolverine_shadow", "public_shadow", "sales_shadow", "sales_shadow_shadow"])
        {
            await store.Execute(
                $"""
                create schema {shadow};
                create table {shadow}.events (id int); create table {shadow}.events_tally_pool_0 (id int); create table {shadow}.migrations (id int);
                create table {shadow}.wolverine_outgoing_envelopes (id int); create table {shadow}.anything (id int); create table {shadow}.secrets (id int);
                """,
                Ct);
        }

        var before = await Relations(store);
        try
        {
            await using var command = store.DataSource.CreateCommand("select eventstore.drop_shadow($1, $2)");
            command.Parameters.Add(Text(schema));
            command.Parameters.Add(Text(table));
            await command.ExecuteNonQueryAsync(Ct);
        }
        catch (PostgresException refusal)
        {
            Assert.Contains(refusal.SqlState, new[] { NoReadModel, PostgresErrorCodes.NullValueNotAllowed });
        }

        Assert.Equal(before, await Relations(store));
    }

    [Theory]
    [InlineData("eventstore")]
    [InlineData("wolverine")]
    [InlineData("pg_catalog")]
    [InlineData("pg_temp")]
    [InlineData("information_schema")]
    [InlineData("sales_shadow")]
    [InlineData("")]
    [InlineData("a_name_so_long_that_its_shadow_would_have_that_of_another_")]
    public async Task Not_even_the_owner_makes_a_read_model_of_what_lies_in_such_a_schema(string schema)
    {
        await using var store = await NewStore();

        var refusal = await Assert.ThrowsAsync<PostgresException>(
            () => store.Execute($"select eventstore.register_read_model('{schema}', 'events')", Ct));

        Assert.Equal("read_models_schema_check", refusal.ConstraintName);
    }

    [Theory]
    [InlineData("create view {0} as select 1 as id")]
    [InlineData("create materialized view {0} as select 1 as id")]
    [InlineData("create table {0} (id int) partition by list (id)")]
    [InlineData("create sequence {0}")]
    [InlineData("create table sales.whole (id int) partition by list (id); create table {0} partition of sales.whole default")]
    [InlineData("create table sales.parent (id int); create table {0} () inherits (sales.parent)")]
    [InlineData("create table {0} (id int); create table sales.child () inherits ({0})")]
    [InlineData("create unlogged table {0} (id int)")]
    public async Task A_read_model_that_is_no_plain_table_is_left_alone_in_its_place_and_in_its_shadow(string making)
    {
        await using var store = await WithReadModel();
        await store.Execute(
            $"""
            create schema sales_shadow;
            {string.Format(null, making, "sales.odd")};
            {string.Format(null, making.Replace("sales.", "sales_shadow.", StringComparison.Ordinal), "sales_shadow.evil")};
            create table sales.evil (id int);
            insert into eventstore.read_models (schema_name, table_name) values ('sales', 'odd'), ('sales', 'evil')
            """,
            Ct);
        var before = await Relations(store);
        foreach (var (function, table) in ((string, string)[])
            [("make_shadow", "odd"), ("make_shadow", "evil"), ("promote_shadow", "odd"), ("promote_shadow", "evil"), ("drop_shadow", "evil")])
        {
            Assert.Equal(NoReadModel, await Refusal(store, $"select eventstore.{function}($1, $2)", "sales", table));
        }

        Assert.Equal(before, await Relations(store));
    }

    [Fact]
    public async Task The_role_can_do_with_a_shadow_and_a_promoted_table_what_it_can_do_with_the_table_and_no_more()
    {
        await using var store = await WithReadModel();
        var role = store.Setup.Role!.Name;
        await store.Execute($"create table sales.prices (id int); select eventstore.register_read_model('sales', 'prices'); grant select on sales.prices to {role}", Ct);
        foreach (var table in (string[])["orders", "prices"])
        {
            await store.DataSource.Execute($"select eventstore.make_shadow('sales', '{table}')", Ct);
        }

        await store.DataSource.Execute("insert into sales_shadow.orders (id) values (2)", Ct);
        await AssertRefused(store, "insert into sales_shadow.prices (id) values (1)");
        await AssertRefused(store, "drop table sales_shadow.orders");
        foreach (var table in (string[])["orders", "prices"])
        {
            await store.DataSource.Execute($"select eventstore.promote_shadow('sales', '{table}')", Ct);
        }

        Assert.Equal(2, await store.DataSource.Scalar<int>("select id from sales.orders", Ct));
        Assert.Equal(1, await store.DataSource.Execute("delete from sales.orders", Ct));
        Assert.Equal(0, await store.DataSource.Scalar<long>("select count(*) from sales.prices", Ct));
        await AssertRefused(store, "insert into sales.prices (id) values (1)");
        await AssertRefused(store, "truncate sales.orders");
    }

    [Fact]
    public async Task Without_a_shadow_nothing_is_promoted()
    {
        await using var store = await WithReadModel();

        Assert.Equal(PostgresErrorCodes.InvalidSchemaName, await Refusal(store, "select eventstore.promote_shadow($1, $2)", "sales", "orders"));
        await store.Execute("create schema sales_shadow", Ct);
        Assert.Equal(PostgresErrorCodes.UndefinedTable, await Refusal(store, "select eventstore.promote_shadow($1, $2)", "sales", "orders"));

        Assert.Equal(1, await store.DataSource.Scalar<int>("select id from sales.orders", Ct));
    }

    [Fact]
    public async Task A_definition_is_carried_out_as_the_owner_wrote_it_whatever_temporary_tables_and_paths_the_caller_has()
    {
        await using var store = await WithReadModel();
        await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 3), Ct);
        await store.Execute(
            "select eventstore.register_definition('sales.kinds', 1, 'sales', array['kinds'], 'create table kinds (name text); insert into kinds values (''own'')')", Ct);
        await using var connection = await store.DataSource.OpenConnectionAsync(Ct);
        foreach (var statement in (string[])
            [
                "set eventstore.maintenance = 'on'",
                "create temporary table kinds (name text)",
                "create function pg_temp.seize() returns trigger language plpgsql as 'begin delete from eventstore.events; return new; end'",
                "create trigger seize before insert on kinds for each row execute function pg_temp.seize()",
                "create function pg_temp.quote_ident(text) returns text language sql as 'select ''eventstore'''",
                "set search_path to pg_temp, eventstore",
                "select eventstore.define_shadow('sales.kinds', 1)",
            ])
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(Ct);
        }

        Assert.Equal(["own"], await store.Column<string>("select name from sales_shadow.kinds", Ct));
        Assert.Equal(3, await store.CountStored(Ct));
        await using var path = new NpgsqlCommand("show search_path", connection);
        Assert.Equal("pg_temp, eventstore", await path.ExecuteScalarAsync(Ct));
    }

    [Fact]
    public async Task Tables_that_the_owner_has_not_defined_are_not_made()
    {
        await using var store = await WithReadModel();
        var before = await Relations(store);

        Assert.Equal(New, await Refusal(store, "select eventstore.define_shadow($1, 1)", "sales.unknown"));
        Assert.Equal(New, await Refusal(store, "select eventstore.register_definition($1, 1, 'sales', array['orders'], 'drop schema eventstore cascade')", "sales.orders"));
        Assert.Equal(New, await Refusal(store, "select eventstore.register_read_model($1, $2)", "sales", "secrets"));

        Assert.Equal(before, await Relations(store));
    }

    [Theory]
    [InlineData("UPPER")]
    [InlineData("a'; drop schema eventstore cascade; --")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_dedicated_tenant_with_a_malformed_id_leaves_nothing_behind(string? id)
    {
        await using var store = await NewStore();
        var before = await Relations(store);

        var refusal = await Refusal(store, "select eventstore.add_dedicated_tenant($1, now())", id);

        Assert.Contains(refusal, new[] { PostgresErrorCodes.CheckViolation, PostgresErrorCodes.NotNullViolation });
        Assert.Equal(before, await Relations(store));
        Assert.Equal(1, await store.Scalar<long>("select count(*) from eventstore.shards where kind = 'dedicated'", Ct));
    }

    // A store with the read model sales.orders, in which there is one row.
    private async Task<ConformanceStore> WithReadModel()
    {
        var store = await NewStore();
        await store.Execute(
            """
            create schema sales;
            create table sales.orders (id int primary key);
            insert into sales.orders values (1);
            select eventstore.register_read_model('sales', 'orders')
            """,
            Ct);
        await new Migrator(store.Beside, DefaultModel, new EventStoreOptions { PoolShards = 2, ApplicationRole = store.Setup.Role!.Name }).Grant(["sales"], Ct);
        return store;
    }

    private async Task<string> Refusal(ConformanceStore store, string statement, params string?[] values)
    {
        await using var command = store.DataSource.CreateCommand(statement);
        foreach (var value in values)
        {
            command.Parameters.Add(Text(value));
        }

        return (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Ct))).SqlState;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private async Task AssertRefused(ConformanceStore store, string statement) => Assert.Equal(
        PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => store.DataSource.Execute(statement, Ct))).SqlState);

    private Task<List<string>> Relations(ConformanceStore store) => store.Column<string>(
        """
        select format('%s %s %s', c.oid::regclass, c.relkind, c.oid)
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname !~ '^pg_toast|^pg_temp'
        union all
        select nspname::text from pg_namespace where nspname !~ '^pg_toast|^pg_temp'
        order by 1
        """,
        Ct);
}
