using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>How the schema comes to be, however many hosts start at once.</summary>
public abstract class SchemaConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string Shape =
        """
        select string_agg(line, e'\n' order by line)
        from (
          select format('%s %s %s %s', c.relkind, c.relname, pg_get_expr(c.relpartbound, c.oid), c.relfilenode) as line
          from pg_class c
          where c.relnamespace = 'eventstore'::regnamespace
          union all
          select format('%s %s %s %s %s', a.attrelid::regclass, a.attname, a.atttypid::regtype, a.attnotnull, a.attnum)
          from pg_attribute a join pg_class c on c.oid = a.attrelid
          where c.relnamespace = 'eventstore'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
          union all
          select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint where connamespace = 'eventstore'::regnamespace
          union all
          select format('%s %s', tgrelid::regclass, tgname) from pg_trigger where not tgisinternal
          union all
          select format('%s %s', proname, md5(prosrc)) from pg_proc where pronamespace = 'eventstore'::regnamespace
          union all
          select to_jsonb(s)::text from eventstore.shards s
          union all
          select to_jsonb(t)::text from eventstore.aggregate_types t
          union all
          select to_jsonb(m)::text from eventstore.migrations m
        ) lines
        """;

    [Fact, Behaviour(43)]
    public async Task Of_hosts_that_migrate_at_once_one_does_it_and_all_start()
    {
        await using var database = await NewDatabase();
        int[] all = [.. Migrator.Migrations.Select(migration => migration.Number)];

        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => MigratorOf(database).Migrate(Ct))));

        Assert.Equal(all, Assert.Single(applied, numbers => numbers.Count > 0));
        Assert.Equal(all, await database.DataSource.Column<int>("select number from eventstore.migrations order by number", Ct));
        Assert.Empty(await MigratorOf(database).Pending(Ct));
    }

    [Fact, Behaviour(43)]
    public async Task Migrating_again_changes_nothing()
    {
        await using var database = await NewDatabase();
        await MigratorOf(database).Migrate(Ct);
        var shape = await database.DataSource.Scalar<string>(Shape, Ct);

        Assert.Empty(await MigratorOf(database).Migrate(Ct));
        Assert.Empty(await MigratorOf(database, poolShards: 5).Migrate(Ct));

        Assert.Equal(shape, await database.DataSource.Scalar<string>(Shape, Ct));
    }

    [Fact, Behaviour(43)]
    public async Task Asking_what_is_missing_changes_nothing()
    {
        await using var database = await NewDatabase();

        Assert.Equal(Migrator.Migrations.Select(migration => migration.Number), await MigratorOf(database).Pending(Ct));
        Assert.False(await database.DataSource.Scalar<bool>("select exists (select from pg_namespace where nspname = 'eventstore')", Ct));
    }

    [Fact, Behaviour(43)]
    public async Task A_schema_that_is_newer_than_this_build_is_refused()
    {
        await using var store = await NewStore();
        await store.Execute("insert into eventstore.migrations (number, name, applied_at) values (9999, '9999_from_the_future.sql', now())", Ct);
        var shape = await store.Scalar<string>(Shape, Ct);
        var migrator = new Migrator(store.DataSource, DefaultModel);

        Assert.Equal("schema_mismatch", (await Assert.ThrowsAsync<SchemaException>(() => migrator.Migrate(Ct))).Code);
        await Assert.ThrowsAsync<SchemaException>(() => migrator.Pending(Ct));

        Assert.Equal(shape, await store.Scalar<string>(Shape, Ct));
    }

    [Fact, Behaviour(43)]
    public async Task A_migration_that_fails_leaves_nothing_behind()
    {
        await using var database = await NewDatabase();
        await database.DataSource.Execute("create schema eventstore create table claims (in_the_way int)", Ct);

        await Assert.ThrowsAsync<PostgresException>(() => MigratorOf(database).Migrate(Ct));

        Assert.Equal(["claims"], await database.DataSource.Column<string>("select relname::text from pg_class where relnamespace = 'eventstore'::regnamespace", Ct));
    }

    [Fact, Behaviour(43)]
    public async Task A_new_aggregate_type_gets_its_partitions_while_appends_are_on_their_way_and_running_hosts_go_on()
    {
        var small = new DomainModelBuilder().AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(typeof(Tally)).Build();
        await using var store = await NewStore(new() { Model = small });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);
        await using var open = await store.BeginAppend(Ct);
        await open.Insert(NewTally(), 1, new(1), Ct);
        var next = store.AnotherHost(new());

        var early = await Assert.ThrowsAsync<SchemaException>(() => next.Append(NewOrder(), ExpectedVersion.None, [NewEvent.Of(new OrderRemarked("early"))], Ct));
        Assert.Equal(("schema_mismatch", false), (early.Code, early.IsTransient));
        await Assert.ThrowsAsync<SchemaException>(() => next.Store.Load<OrderState>(NewOrder(), ct: Ct));
        await Assert.ThrowsAsync<SchemaException>(() => next.Read(NewOrder(), StreamRange.All, Ct).AsTask());
        await new Migrator(next.DataSource, DefaultModel).Migrate(Ct);

        foreach (var tenant in (string[])[Acme, Globex, Initech])
        {
            Assert.Equal(1, (await next.Append(NewOrder(tenant), ExpectedVersion.None, [NewEvent.Of(new OrderRemarked("now"))], Ct)).Version);
        }

        Assert.Equal(2, (await store.Append(stream, ExpectedVersion.Exactly(1), Counts(2, 2), Ct)).Version);
        await open.Commit(Ct);
        Assert.Equal(6, (await next.ReadFeed(new(), Ct)).Count);
    }

    [Fact, Behaviour(43)]
    public async Task A_host_that_comes_late_waits_for_the_migration_and_finds_it_done()
    {
        await using var store = await NewStore();
        await using var other = await store.BeginAppend(Ct);
        await other.Execute("select pg_advisory_xact_lock(7741001, 2)", Ct);

        var late = new Migrator(store.DataSource, DefaultModel).Migrate(Ct);
        await store.UntilBlocked(1, Ct);
        await other.Commit(Ct);

        Assert.Empty(await late);
    }

    private static Migrator MigratorOf(TestDatabase database, int poolShards = 2) =>
        new(database.DataSource, DefaultModel, new EventStoreOptions { PoolShards = poolShards });
}
