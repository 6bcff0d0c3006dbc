using Monolith.EventSourcing;
using Monolith.EventStore;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>A type may begin to index the data of its events, and end it, at any time.</summary>
public abstract class DataIndexConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string Indexes =
        """
        select c.relname::text
        from pg_index x join pg_class c on c.oid = x.indexrelid join pg_am a on a.oid = c.relam
        where a.amname = 'gin' and x.indisvalid
        order by 1
        """;

    private static readonly string[] All =
    [
        "events_tally_pool_0_archive_data_idx", "events_tally_pool_0_data_idx", "events_tally_pool_1_data_idx", "events_tally_tenant_1_data_idx",
    ];

    private static readonly DomainModel Without = new DomainModelBuilder().AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(typeof(Tally)).Build();

    private static readonly DomainModel With = new DomainModelBuilder().AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(typeof(Indexed)).Build();

    [Fact]
    public async Task A_type_that_opts_in_later_gets_its_indexes_and_one_that_opts_out_loses_them_while_appends_go_on()
    {
        await using var store = await Filled();
        var next = store.AnotherHost(new() { Model = With });
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var writing = Task.Run(() => Write(store, enough.Token), Ct);

        await MigratorOf(store, With).Migrate(Ct);
        Assert.Equal(All, await store.Column<string>(Indexes, Ct));
        await next.Store.Feed.WaitForWatermark(above: 999, Ct);
        Assert.Equal(20, (await next.Store.Search(new(Acme, "tally", """{"number": 7}"""), Ct).ToListAsync(Ct)).Count);

        await MigratorOf(store, Without).Migrate(Ct);
        Assert.Empty(await store.Column<string>(Indexes, Ct));
        await enough.CancelAsync();
        Assert.True(await writing > 0);
        Assert.Equal(20 * 50, await store.Scalar<long>("select count(*) from eventstore.events where data @> '{\"number\": -1}' is false", Ct));
    }

    [Fact]
    public async Task What_a_migration_would_change_is_told_and_written_as_a_script_and_no_host_is_refused_for_it()
    {
        await using var store = await Filled();
        var migrator = MigratorOf(store, With);
        var changes = await migrator.DataIndexChanges(Ct);
        Assert.Equal(All.Length, changes.Count);
        Assert.All(changes, change => Assert.StartsWith("create index concurrently on eventstore.events_tally_", change, StringComparison.Ordinal));
        Assert.Empty(await MigratorOf(store, Without).DataIndexChanges(Ct));
        Assert.Empty(await migrator.Missing(Ct));
        Assert.Empty(await store.Column<string>(Indexes, Ct));

        var script = await migrator.Script(Ct);
        var transaction = script.IndexOf("commit;", StringComparison.Ordinal) + "commit;".Length;
        foreach (var statement in (string[])[script[..transaction], .. script[transaction..].Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)])
        {
            await store.Execute(statement, Ct);
        }

        Assert.Equal(All, await store.Column<string>(Indexes, Ct));
        Assert.Equal("", await migrator.Script(Ct));
        Assert.All(await MigratorOf(store, Without).DataIndexChanges(Ct), change => Assert.StartsWith("drop index concurrently", change, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_hosts_that_build_indexes_at_once_one_does_it_and_all_start()
    {
        await using var store = await Filled();

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => MigratorOf(store, With).Migrate(Ct))));

        Assert.Equal(All, await store.Column<string>(Indexes, Ct));
        Assert.Empty(await store.Column<string>("select statement from eventstore.data_index_changes()", Ct));
    }

    [Fact]
    public async Task An_index_whose_build_was_interrupted_is_built_anew()
    {
        await using var store = await Filled();
        await MigratorOf(store, With).Migrate(Ct);
        await store.Execute("update pg_index set indisvalid = false where indexrelid = 'eventstore.events_tally_pool_1_data_idx'::regclass", Ct);
        Assert.Equal(
            ["drop index concurrently eventstore.events_tally_pool_1_data_idx", "create index concurrently on eventstore.events_tally_pool_1 using gin (data jsonb_path_ops)"],
            await store.Column<string>("select statement from eventstore.data_index_changes()", Ct));

        await MigratorOf(store, With).Migrate(Ct);

        Assert.Equal(All, await store.Column<string>(Indexes, Ct));
    }

    [Fact]
    public async Task Indexes_that_somebody_else_has_made_stay()
    {
        await using var store = await Filled();
        await store.Execute("create index mine on eventstore.events_tally_pool_0 using gin (metadata); create index mine_too on eventstore.events_tally_pool_0 using gin (data)", Ct);

        await MigratorOf(store, With).Migrate(Ct);
        await MigratorOf(store, Without).Migrate(Ct);

        Assert.Equal(["mine", "mine_too"], await store.Column<string>(Indexes, Ct));
    }

    private async Task<ConformanceStore> Filled()
    {
        var store = await NewStore(new() { Model = Without });
        for (var n = 0; n < 20; n++)
        {
            await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 50), Ct);
        }

        await store.Store.Archive(NewestOf(await store.ReadFeed(new(), Ct)), ExpectedVersion.Any, Ct);
        return store;
    }

    private static StreamId NewestOf(List<EventEnvelope> feed) => feed[^1].Stream;

    private static async Task<int> Write(ConformanceStore store, CancellationToken enough)
    {
        for (var written = 0; ; written++)
        {
            try
            {
                await store.Append(NewTally(written % 2 == 0 ? Acme : Globex), ExpectedVersion.None, Counts(-1, -1), enough);
            }
            catch (OperationCanceledException) when (enough.IsCancellationRequested)
            {
                return written;
            }
        }
    }

    private static Migrator MigratorOf(ConformanceStore store, DomainModel model) => new(store.Beside, model, new() { PoolShards = 2 });

    [AggregateType("tally", IndexData = true)]
    public sealed class Indexed(Guid id) : Aggregate<TallyState>(id);
}
