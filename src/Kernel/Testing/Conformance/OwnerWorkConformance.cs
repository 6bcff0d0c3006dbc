using Monolith.EventSourcing;
using Monolith.EventStore;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Work that changes tables or erases events is refused under the application's role before it begins; what the owner has done is read under it.</summary>
public abstract class OwnerWorkConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    /// <inheritdoc />
    protected override bool UnderApplicationRole => true;

    [Fact]
    public async Task Archiving_restoring_moving_and_dropping_are_refused_by_a_typed_error_and_leave_everything_as_it_was()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 3), Ct);
        var owner = store.AsOwner();
        var archived = NewTally();
        await store.Append(archived, ExpectedVersion.None, Counts(1, 1), Ct);
        await owner.Store.Archive(archived, ExpectedVersion.Any, Ct);
        var before = await Everything(store);

        foreach (var work in (Func<Task>[])
            [
                () => store.Store.Archive(stream, ExpectedVersion.Any, Ct),
                () => store.Store.Restore(archived, Ct),
                () => store.Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct),
                () => store.Store.Tenants.Move(Initech, TenantPlacement.Pool, Ct),
                () => store.Store.Tenants.Drop(Acme, Ct),
                () => store.Store.Tenants.Drop(Initech, Ct),
            ])
        {
            var refused = await Assert.ThrowsAsync<OwnerRequiredException>(work);
            Assert.Equal(("owner_required", false), (refused.Code, refused.IsTransient));
            Assert.Contains("connection string", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, await Everything(store));
        Assert.Equal(4, (await store.Append(stream, ExpectedVersion.Exactly(3), Counts(4, 4), Ct)).Version);
    }

    [Fact]
    public async Task What_the_owner_archives_and_moves_is_read_and_written_under_the_role_and_new_partitions_are_as_open_as_the_others()
    {
        await using var store = await NewStore();
        var owner = store.AsOwner();
        var (cold, hot) = (NewTally(), NewTally());
        await store.Append(cold, ExpectedVersion.None, Counts(1, 120), Ct);
        await store.Append(hot, ExpectedVersion.None, Counts(1, 3), Ct);
        await store.Store.DrainSnapshots(Ct);
        await owner.Store.Archive(cold, ExpectedVersion.Exactly(120), Ct);
        await AssertReadable(store, cold, hot);
        Assert.Equal(0, await Differences(store));

        await owner.Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct);
        await AssertReadable(store, cold, hot);
        Assert.Equal(0, await Differences(store));
        Assert.Equal(4, (await store.Append(hot, ExpectedVersion.Exactly(3), Counts(4, 4), Ct)).Version);
        await Assert.ThrowsAsync<AggregateArchivedException>(() => store.Append(cold, ExpectedVersion.Exactly(120), Counts(121, 121), Ct));

        await owner.Store.Restore(cold, Ct);
        Assert.Equal(121, (await store.Append(cold, ExpectedVersion.Exactly(120), Counts(121, 121), Ct)).Version);
        Assert.Equal(4, await store.Scalar<long>("select count(*) from pg_class where relname ~ '_tally_.*_archive$' and relkind = 'r'", Ct));
    }

    [Fact]
    public async Task A_history_is_imported_and_snapshots_are_rebuilt_under_the_role()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var at = DateTimeOffset.UtcNow.AddDays(-1);
        await store.Store.Import(
            Enumerable.Range(1, 250).Select(n => ImportedEvent.Of(stream, n, Guid.CreateVersion7(), at.AddSeconds(n), new Counted(n))).ToAsyncEnumerable(), ct: Ct);
        await store.Store.DrainSnapshots(Ct);
        await store.Execute("set eventstore.maintenance = 'on'; delete from eventstore.snapshots", Ct);

        await store.Store.RebuildSnapshots("tally", ct: Ct);

        Assert.Equal(200, (await store.Store.Load<TallyState>(stream, ct: Ct)).SnapshotVersion);
        Assert.Equal(250, (await store.ReadFeed(new() { Limit = int.MaxValue }, Ct)).Count);
    }

    [Fact]
    public async Task Sizes_are_shown_and_events_searched_under_the_role()
    {
        await using var store = await NewStore(new()
        {
            Model = new DomainModelBuilder().AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(typeof(DataIndexConformance.Indexed)).Build(),
        });
        await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 3), Ct);

        Assert.Equal(3, await store.DataSource.Scalar<long>("select events from eventstore.tenant_events where tenant_id = 'acme' and aggregate_type = 'tally'", Ct));
        Assert.NotEmpty(await store.DataSource.Column<string>("select partition from eventstore.partition_sizes", Ct));
        Assert.NotEmpty(await store.DataSource.Column<string>("select aggregate_type from eventstore.aggregate_type_sizes", Ct));
        await store.Store.Feed.WaitForWatermark(above: 2, Ct);
        Assert.Equal(2, (await store.Store.Search(new(Acme, "tally", """{"number": 2}"""), Ct).SingleAsync(Ct)).Version);
    }

    private async Task AssertReadable(ConformanceStore store, StreamId cold, StreamId hot)
    {
        Assert.Equal(120, (await store.Read(cold, StreamRange.All, Ct)).Count);
        var loaded = await store.Store.Load<TallyState>(cold, ct: Ct);
        Assert.Equal((120, 100, true), (loaded.Version, loaded.SnapshotVersion, loaded.IsArchived));
        Assert.Equal(3, (await store.Read(hot, StreamRange.All, Ct)).Count);
        Assert.Equal(123, (await store.ReadFeed(new() { Limit = int.MaxValue }, Ct)).Count);
    }

    private static Task<long> Differences(ConformanceStore store) => store.Scalar<long>(
        $"select count(*) from eventstore.application_differences('{store.Setup.Role!.Name}', '{{}}')", TestContext.Current.CancellationToken);

    private static Task<List<string>> Everything(ConformanceStore store) => store.Column<string>(
        """
        select to_jsonb(e)::text from eventstore.events e
        union all
        select to_jsonb(t)::text from eventstore.tenants t
        union all
        select to_jsonb(s)::text from eventstore.shards s
        union all
        select to_jsonb(a)::text from eventstore.archived_streams a
        union all
        select c.oid::regclass::text from pg_class c where c.relnamespace = 'eventstore'::regnamespace
        order by 1
        """,
        TestContext.Current.CancellationToken);
}
