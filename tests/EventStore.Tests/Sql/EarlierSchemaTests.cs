using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EventStore.Tests.Sql;

/// <summary>A database that an earlier build has made and filled is brought to this build's schema with everything in it.</summary>
public sealed class EarlierSchemaTests(PostgresFixture postgres)
{
    private const string Shape =
        """
        select string_agg(line, e'\n' order by line)
        from (
          select format('%s %s', c.relkind, c.relname) as line from pg_class c where c.relnamespace = 'eventstore'::regnamespace
          union all
          select format('%s.%s %s %s', c.relname, a.attname, a.atttypid::regtype, a.attnotnull)
          from pg_attribute a join pg_class c on c.oid = a.attrelid
          where c.relnamespace = 'eventstore'::regnamespace and c.relkind in ('r', 'p', 'v') and a.attnum > 0 and not a.attisdropped
          union all
          select format('%s %s', conname, pg_get_constraintdef(oid)) from pg_constraint where connamespace = 'eventstore'::regnamespace
          union all
          select format('%s %s', tgrelid::regclass, tgname) from pg_trigger where not tgisinternal
          union all
          select format('%s %s', proname, md5(prosrc)) from pg_proc where pronamespace = 'eventstore'::regnamespace
        ) lines
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<int> EarlierVersions => [.. Migrator.Migrations.Select(migration => migration.Number).SkipLast(1)];

    [Theory, Behaviour(43)]
    [MemberData(nameof(EarlierVersions))]
    public async Task Every_earlier_schema_version_migrates_with_its_data(int version)
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await MakeAsItWas(database.DataSource, version);
        var id = Guid.CreateVersion7();
        await Fill(database.DataSource, id);

        var applied = await new Migrator(database.DataSource, Ledger.Model).Migrate(Ct);

        Assert.Equal(Migrator.Migrations.Select(migration => migration.Number).Where(number => number > version), applied);
        await using var store = new PostgresEventStore(database.DataSource, Ledger.Model);
        var stream = new StreamId("acme", "ledger", id);
        var loaded = await store.Load<LedgerState>(stream, ct: Ct);
        Assert.Equal((150, 150m, "main"), (loaded.Version, loaded.State.Sum, loaded.State.Name));
        Assert.Equal(150, (await store.ReadFeed(new(), Ct).ToListAsync(Ct)).Count);
        var another = new AppendRequest(stream with { AggregateId = Guid.CreateVersion7() }, ExpectedVersion.None, [NewEvent.Of(new Named("main"))])
        {
            Claims = new([new("name", "main")], []),
        };
        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Append(another, Ct));
        Assert.Equal(151, (await store.Append(new(stream, ExpectedVersion.Exactly(150), [NewEvent.Of(new Entered(1, "new"))]), Ct)).Version);

        await using var fresh = await postgres.CreateDatabase(Ledger.Database, Ct);
        Assert.Equal(await fresh.DataSource.Scalar<string>(Shape, Ct), await database.DataSource.Scalar<string>(Shape, Ct));
    }

    // What the migrator of that build did.
    private static async Task MakeAsItWas(NpgsqlDataSource dataSource, int version)
    {
        var text = string.Join(
            ";\n", Migrator.Migrations.Where(migration => migration.Number <= version).Select(migration => Statements.Source(migration.File)).Prepend(Statements.Source("bootstrap.sql")));
        await dataSource.Execute(text, Ct);
        foreach (var (number, file) in Migrator.Migrations.Where(migration => migration.Number <= version))
        {
            await dataSource.Execute($"insert into eventstore.migrations (number, name, applied_at) values ({number}, '{file}', now())", Ct);
        }

        await dataSource.Execute(
            """
            insert into eventstore.shards (shard, kind, created_at) select 'pool_' || n, 'pool', now() from generate_series(0, 7) n;
            insert into eventstore.aggregate_types (aggregate_type, index_data, created_at) values ('ledger', false, now());
            insert into eventstore.tenants (tenant_id, shard, status, created_at) values ('acme', 'pool_0', 'active', now());
            select eventstore.ensure_partitions();
            """,
            Ct);
    }

    private static Task<int> Fill(NpgsqlDataSource dataSource, Guid id) => dataSource.Execute(
        $$"""
        insert into eventstore.events (
          position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
        )
        select
          nextval('eventstore.position'), version, now(), gen_random_uuid(), '{{id}}', 1, 'ledger', 'pool_0', 'acme', 'ledger.entered',
          '{"amount": 1, "note": "old"}', '{}'
        from generate_series(1, 150) as e (version);
        insert into eventstore.snapshots (version, recorded_at, aggregate_id, schema_number, aggregate_type, shard, tenant_id, fingerprint, state)
        values (
          100, now(), '{{id}}', 1, 'ledger', 'pool_0', 'acme', '{{Ledger.Model.Aggregate("ledger").StateFingerprint}}',
          '{"sum": 100, "entries": 100, "name": "main"}');
        insert into eventstore.claims (tenant_id, aggregate_type, name, value, aggregate_id) values ('acme', 'ledger', 'name', 'main', '{{id}}')
        """,
        Ct);
}
