using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What the role that the application runs under may not do, whatever it says, and which roles are none for an application.</summary>
public abstract class ApplicationRoleConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string Acls = "select format('%s %s', oid::regclass, relacl) from pg_class where relnamespace = 'eventstore'::regnamespace order by 1";

    private readonly PostgresFixture postgres = postgres;

    /// <summary>Statements that would change, take away or misplace what is stored, or open a way to that.</summary>
    public static TheoryData<string> Refused =>
    [
        "update eventstore.events set data = '{}'",
        "update eventstore.events_tally_pool_0 set position = position + 1",
        "delete from eventstore.events",
        "delete from eventstore.events_tally_pool_0",
        "truncate eventstore.events",
        "truncate eventstore.events_tally_pool_0",
        "merge into eventstore.events_tally_pool_0 e using (select 1) s on true when matched then delete",
        "insert into eventstore.events_tally_pool_0 select * from eventstore.events_tally_pool_0 on conflict (tenant_id, aggregate_id, version) do update set data = '{}'",
        "select * from eventstore.events_tally_pool_0 for update",
        "lock table eventstore.events in access exclusive mode",
        "alter table eventstore.events disable trigger all",
        "alter table eventstore.events_tally_pool_0 disable trigger events_no_truncate",
        "alter table eventstore.events drop column metadata",
        "alter table eventstore.events_tally detach partition eventstore.events_tally_pool_0",
        "alter table eventstore.events owner to current_user",
        "drop table eventstore.events_tally_pool_0",
        "drop trigger events_append_only on eventstore.events",
        "drop schema eventstore cascade",
        "create trigger mine before insert on eventstore.events_tally_pool_0 for each row execute function eventstore.refuse_change()",
        "create rule mine as on insert to eventstore.events_tally_pool_0 do instead nothing",
        "create or replace function eventstore.refuse_change() returns trigger language plpgsql as 'begin return null; end'",
        "create function eventstore.mine() returns int language sql as 'select 1'",
        "create table eventstore.mine (id int)",
        "create schema mine",
        "set session_replication_role = 'replica'",
        "select setval('eventstore.position', 1)",
        "alter sequence eventstore.position restart",
        "update eventstore.tenants set shard = 'pool_1'",
        "delete from eventstore.tenants",
        "insert into eventstore.shards (shard, kind, created_at) values ('mine', 'pool', now())",
        "insert into eventstore.aggregate_types (aggregate_type, created_at) values ('mine', now())",
        "delete from eventstore.migrations",
        "update eventstore.claims set aggregate_id = gen_random_uuid()",
        "delete from eventstore.projection_skipped",
        "insert into eventstore.application_privileges (object, rights) values ('events', 'delete')",
        "insert into eventstore.read_models (schema_name, table_name) values ('public', 'mine')",
        "insert into eventstore.read_model_definitions (projection, version, schema_name, tables, definition) values ('a.b', 1, 'a', '{}', 'drop schema eventstore cascade')",
    ];

    /// <inheritdoc />
    protected override bool UnderApplicationRole => true;

    [Theory, Behaviour(10)]
    [MemberData(nameof(Refused))]
    public async Task The_role_can_change_nothing_that_is_stored_even_for_maintenance(string statement)
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 3), Ct);
        var before = await Everything(store);
        await using var connection = await store.DataSource.OpenConnectionAsync(Ct);
        await using (await connection.BeginTransactionAsync(Ct))
        {
            await using var command = new NpgsqlCommand($"set local eventstore.maintenance = 'on'; {statement}", connection);
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Ct));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        }

        Assert.Equal(before, await Everything(store));
        Assert.Equal(4, (await store.Append(stream, ExpectedVersion.Exactly(3), Counts(4, 4), Ct)).Version);
    }

    [Fact, Behaviour(10)]
    public async Task A_partition_that_is_made_at_run_time_is_as_open_and_as_closed_as_the_others()
    {
        await using var store = await NewStore();
        await store.Store.Tenants.Add("umbrella", TenantPlacement.Dedicated, Ct);
        var stream = NewTally("umbrella");
        await store.Append(stream, ExpectedVersion.None, Counts(1, 110), Ct);
        await store.Store.DrainSnapshots(Ct);
        Assert.Equal(100, (await store.Store.Load<TallyState>(stream, ct: Ct)).SnapshotVersion);
        Assert.Equal(0, await Differences(store));

        var shard = await store.Store.Tenants.ShardOf("umbrella", Ct);
        foreach (var statement in (string[])["update {0} set data = '{{}}'", "delete from {0}", "truncate {0}", "drop table {0}", "alter table {0} disable trigger all"])
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(
                () => store.DataSource.Execute("set eventstore.maintenance = 'on';" + string.Format(null, statement, $"eventstore.events_tally_{shard}"), Ct));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        }

        Assert.Equal(110, (await store.Read(stream, StreamRange.All, Ct)).Count);
    }

    [Fact]
    public async Task The_migration_gives_the_role_what_it_lacks_and_takes_what_it_has_too_much()
    {
        await using var store = await NewStore();
        var role = store.Setup.Role!.Name;
        var migrator = MigratorOf(store, role);
        Assert.Empty(await migrator.Missing(Ct));
        await store.Execute(
            $"""
            grant update, delete on eventstore.events to {role};
            grant truncate on eventstore.events_tally_pool_0 to {role};
            grant update (shard) on eventstore.tenants to {role};
            grant create on schema eventstore to {role};
            revoke insert on eventstore.events_order_pool_1 from {role}
            """,
            Ct);
        Assert.Contains(role, Assert.Single(await migrator.Missing(Ct)), StringComparison.Ordinal);

        await migrator.Migrate(Ct);

        Assert.Equal(0, await Differences(store));
        Assert.Empty(await migrator.Missing(Ct));
        await Assert.ThrowsAsync<PostgresException>(() => store.DataSource.Execute("delete from eventstore.events", Ct));
    }

    [Theory]
    [InlineData("", "does not exist")]
    [InlineData("alter role {0} superuser", "is a superuser")]
    [InlineData("alter role {0} createrole", "may create roles")]
    [InlineData("grant {1} to {0}", "is, or belongs to, the owner")]
    [InlineData("grant create on database {2} to {0}", "may create schemas")]
    [InlineData("grant create on schema eventstore to public", "may create tables in the schema eventstore")]
    [InlineData("grant pg_write_all_data to {0}", "by another role")]
    [InlineData("grant delete on eventstore.events_tally_pool_0 to public", "has delete on eventstore.events_tally_pool_0 by")]
    public async Task A_role_that_could_do_more_all_the_same_is_refused(string making, string reason)
    {
        await using var store = await NewStore();
        var role = making.Length == 0 ? "nobody_of_this_name" : (await postgres.Role(making, Ct)).Name;
        var database = await store.Scalar<string>("select current_database()::text", Ct);
        var owner = (await postgres.Role("owner", Ct)).Name;
        if (making.Length > 0)
        {
            await store.Execute($"alter schema eventstore owner to {owner}; {string.Format(null, making, role, owner, database)}", Ct);
        }

        var before = await store.Column<string>(Acls, Ct);

        var refused = await Assert.ThrowsAsync<SchemaException>(() => MigratorOf(store, role).Migrate(Ct));

        Assert.Contains(role, refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await store.Column<string>(Acls, Ct));
    }

    [Fact]
    public async Task Of_every_table_view_sequence_and_function_it_is_said_what_the_application_may_do_with_it()
    {
        await using var store = await NewStore();
        const string Objects =
            """
            select c.relname::text
            from pg_class c
            where c.relnamespace = 'eventstore'::regnamespace
              and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
              and not c.relispartition
            union
            select proname::text from pg_proc where pronamespace = 'eventstore'::regnamespace
            """;

        var unsaid = await store.Column<string>($"({Objects}) except select object from eventstore.application_privileges order by 1", Ct);
        Assert.True(
            unsaid.Count == 0,
            "Nobody has said what the application may do with these. Add to the migration that makes them, with the rights that the running application needs, or 'nothing':\n"
            + "insert into eventstore.application_privileges (object, rights) values\n  "
            + string.Join(",\n  ", unsaid.Select(name => $"('{name}', 'nothing')")) + ";");

        var gone = await store.Column<string>($"select object from eventstore.application_privileges except ({Objects}) order by 1", Ct);
        Assert.True(
            gone.Count == 0,
            "These are not there (any more). Add to the migration that takes them away:\ndelete from eventstore.application_privileges where object in ("
            + string.Join(", ", gone.Select(name => $"'{name}'")) + ");");
    }

    [Fact]
    public async Task What_runs_as_the_owner_looks_for_names_in_no_schema_of_the_caller_and_is_not_for_everybody()
    {
        await using var store = await NewStore();
        var owned = await store.Column<string>(
            "select oid::regprocedure::text from pg_proc where pronamespace = 'eventstore'::regnamespace and prosecdef order by 1", Ct);

        Assert.NotEmpty(owned);
        Assert.Empty(await store.Column<string>(
            """
            select oid::regprocedure::text
            from pg_proc
            where pronamespace = 'eventstore'::regnamespace
              and prosecdef
              and (proconfig is distinct from array['search_path=pg_catalog, pg_temp'] or has_function_privilege('public', oid, 'execute'))
            """,
            Ct));
    }

    private static Migrator MigratorOf(ConformanceStore store, string role) =>
        new(store.Beside, DefaultModel, new EventStoreOptions { PoolShards = 2, ApplicationRole = role });

    private static Task<long> Differences(ConformanceStore store) =>
        store.Beside.Scalar<long>($"select count(*) from eventstore.application_differences('{store.Setup.Role!.Name}', '{{}}')", TestContext.Current.CancellationToken);

    private static Task<List<string>> Everything(ConformanceStore store) => store.Column<string>(
        """
        select to_jsonb(e)::text from eventstore.events e
        union all
        select to_jsonb(t)::text from eventstore.tenants t
        union all
        select to_jsonb(s)::text from eventstore.shards s
        union all
        select format('%s %s', t.tgrelid::regclass, t.tgenabled) from pg_trigger t
        union all
        select c.oid::regclass::text from pg_class c where c.relnamespace = 'eventstore'::regnamespace
        order by 1
        """,
        TestContext.Current.CancellationToken);
}
