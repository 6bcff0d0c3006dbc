using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What operators can ask in psql: how much there is, of which type, where, and of whom.</summary>
public abstract class SizeConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task Sizes_are_shown_for_each_partition_and_never_guessed_for_one_that_was_not_analyzed()
    {
        await using var store = await NewStore();
        var (first, last) = await Fill(store);

        Assert.Equal(0, await store.Scalar<long>("select estimated_events from eventstore.partition_sizes where partition = 'events_member_pool_1'", Ct));
        await store.Execute("analyze eventstore.events_tally_pool_0, eventstore.events_tally_pool_0_archive", Ct);
        Assert.Equal(
            ["tally pool_0 f events_tally_pool_0 200", "tally pool_0 t events_tally_pool_0_archive 100"],
            await store.Column<string>(
                "select concat_ws(' ', aggregate_type, shard, is_archive, partition, estimated_events) from eventstore.partition_sizes where partition like 'events_tally_pool_0%' order by 1", Ct));
        await Unanalyzed(store, "events_tally_pool_1");
        Assert.True(await store.Scalar<bool>("select estimated_events is null from eventstore.partition_sizes where partition = 'events_tally_pool_1'", Ct));
        Assert.Equal(
            [$"{first} {last}"],
            await store.Column<string>(
                "select min(oldest_position) || ' ' || max(newest_position) from eventstore.partition_sizes where aggregate_type = 'tally'", Ct));
        Assert.Equal(
            0,
            await store.Scalar<long>(
                """
                select count(*)
                from eventstore.partition_sizes
                where table_bytes <> pg_table_size(('eventstore.' || partition)::regclass)
                  or index_bytes <> pg_indexes_size(('eventstore.' || partition)::regclass)
                  or total_bytes <> table_bytes + index_bytes
                  or snapshot_bytes <> pg_total_relation_size(replace('eventstore.' || partition, 'events_', 'snapshots_')::regclass)
                """,
                Ct));
        Assert.Equal(
            await store.Scalar<long>("select count(*) from pg_partition_tree('eventstore.events') where isleaf", Ct),
            await store.Scalar<long>("select count(*) from eventstore.partition_sizes", Ct));
    }

    [Fact]
    public async Task Sizes_of_a_type_are_the_sums_of_its_partitions_and_unknown_when_one_of_them_is()
    {
        await using var store = await NewStore();
        var (first, last) = await Fill(store);
        await store.Execute("analyze", Ct);

        Assert.Equal($"4 0 600 {first} {last}", await Of("tally", "partitions, partitions_not_analyzed, estimated_events, oldest_position, newest_position"));
        Assert.Equal("3 0 0", await Of("member", "partitions, partitions_not_analyzed, estimated_events"));
        Assert.Equal(
            0,
            await store.Scalar<long>(
                """
                select count(*)
                from eventstore.aggregate_type_sizes t
                join lateral (
                  select
                    sum(table_bytes) as tables, sum(index_bytes) as indexes, sum(total_bytes) as total, sum(snapshot_bytes) as snapshots,
                    coalesce(sum(total_bytes) filter (where is_archive), 0) as archive
                  from eventstore.partition_sizes
                  where aggregate_type = t.aggregate_type
                ) p on true
                where (table_bytes, index_bytes, total_bytes, snapshot_bytes, archive_bytes) is distinct from (tables, indexes, total, snapshots, archive)
                """,
                Ct));
        await Unanalyzed(store, "events_tally_pool_1");
        Assert.Equal("4 1 -", await Of("tally", "partitions, partitions_not_analyzed, coalesce(estimated_events::text, '-')"));

        Task<string> Of(string type, string columns) =>
            store.Scalar<string>($"select concat_ws(' ', {columns}) from eventstore.aggregate_type_sizes where aggregate_type = '{type}'", Ct);
    }

    [Fact]
    public async Task Events_of_each_tenant_are_counted_exactly_by_type_the_archived_ones_too()
    {
        await using var store = await NewStore();
        await Fill(store);
        await store.Store.Tenants.Disable(Hooli, Ct);

        Assert.Equal(
            [
                "acme pool_0 active order 2 1 0", "acme pool_0 active tally 200 2 100", "globex pool_1 active tally 200 1 0", "hooli pool_0 disabled tally 100 1 0",
                "initech tenant_1 active tally 100 1 0",
            ],
            await store.Column<string>(
                "select concat_ws(' ', tenant_id, shard, status, aggregate_type, events, streams, archived_events) from eventstore.tenant_events order by 1", Ct));
        Assert.Equal(
            0,
            await store.Scalar<long>(
                """
                select count(*)
                from eventstore.tenant_events t
                join lateral (
                  select sum(pg_column_size(data) + pg_column_size(metadata)) as bytes, min(recorded_at) as first, max(recorded_at) as last
                  from eventstore.events e
                  where e.tenant_id = t.tenant_id and e.aggregate_type = t.aggregate_type
                ) e on true
                where (data_bytes, first_recorded_at, last_recorded_at) is distinct from (bytes, first, last)
                """,
                Ct));
        await store.Store.Tenants.Add("umbrella", ct: Ct);
        Assert.Equal(
            ["umbrella 0 0"], await store.Column<string>("select concat_ws(' ', tenant_id, aggregate_type, events, data_bytes) from eventstore.tenant_events where events = 0", Ct));
    }

    // As if nobody had analyzed it yet, and nobody will.
    private Task<int> Unanalyzed(ConformanceStore store, string partition) => store.Execute(
        $"alter table eventstore.{partition} set (autovacuum_enabled = false); update pg_class set reltuples = -1, relpages = 0 where relname = '{partition}'", Ct);

    // 600 tallies, 100 of them archived; the positions of the first and the last.
    private async Task<(long First, long Last)> Fill(ConformanceStore store)
    {
        var archived = NewTally();
        var first = (await store.Append(archived, ExpectedVersion.None, Counts(1, 100), Ct)).Position - 99;
        await store.Append(NewOrder(), ExpectedVersion.None, [NewEvent.Of(new OrderRemarked("one")), NewEvent.Of(new OrderRemarked("two"))], Ct);
        await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 100), Ct);
        await store.Append(NewTally(Hooli), ExpectedVersion.None, Counts(1, 100), Ct);
        await store.Append(NewTally(Initech), ExpectedVersion.None, Counts(1, 100), Ct);
        var last = (await store.Append(NewTally(Globex), ExpectedVersion.None, Counts(1, 200), Ct)).Position;
        await store.Store.Archive(archived, ExpectedVersion.Any, Ct);
        return (first, last);
    }
}
