using Monolith.EventSourcing;
using Monolith.Testing;
using Npgsql;

namespace Monolith.EventStore.Tests;

public sealed class RepositoryTests(PostgresFixture postgres)
{
    private static readonly DomainModel Model = new DomainModelBuilder().Add(typeof(Ledger).Assembly).Build();

    private static readonly DatabaseTemplate Template = new("ledger", async connectionString =>
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await new Migrator(dataSource, Model).Migrate();
        await new Tenants(dataSource).Add("acme");
    });

    [Fact]
    public async Task Two_hundred_and_fifty_updates_leave_snapshots_at_100_and_200_and_a_load_reads_the_fifty_after()
    {
        await using var database = await postgres.CreateDatabase(Template, TestContext.Current.CancellationToken);
        await using var dataSource = NpgsqlDataSource.Create(ConnectionStrings.Tune(database.ConnectionString));
        await using var store = new PostgresEventStore(dataSource, Model);
        var ledgers = new AggregateRepository<Ledger>(store, Model);
        using var _ = new OperationContext("acme", new() { UserId = "u1", CorrelationId = "c" }).Begin();
        var ct = TestContext.Current.CancellationToken;

        var ledger = new Ledger(Guid.CreateVersion7());
        ledger.Rename("main");
        await ledgers.Save(ledger, ct);
        for (var i = 1; i < 250; i++)
        {
            await ledgers.Update(ledger.Id, l => l.Enter(1.10m, "n" + i), ct: ct);
        }

        await store.DrainSnapshots(ct);
        await using var command = database.DataSource.CreateCommand("select version from eventstore.snapshots order by version");
        await using var reader = await command.ExecuteReaderAsync(ct);
        var versions = new List<long>();
        while (await reader.ReadAsync(ct))
        {
            versions.Add(reader.GetInt64(0));
        }

        Assert.Equal([100, 200], versions);
        var loaded = await store.Load<LedgerState>(new("acme", "ledger", ledger.Id), ct: ct);
        Assert.Equal((250, 200, 50), (loaded.Version, loaded.SnapshotVersion, loaded.EventsRead));
        Assert.Equal(249 * 1.10m, loaded.State.Sum);

        var at = await store.Load<LedgerState>(new("acme", "ledger", ledger.Id), AsOf.Version(150), ct);
        Assert.Equal((150, 100, 50), (at.Version, at.SnapshotVersion, at.EventsRead));

        var feed = await store.ReadFeed(new() { Limit = 1000 }, ct).ToListAsync(ct);
        Assert.Equal(250, feed.Count);
        Assert.Equal("u1", feed[0].Metadata.UserId);
        Assert.Equal(feed[^1].Position, await store.Feed.WaitForWatermark(0, ct));

        var other = new Ledger(Guid.CreateVersion7());
        other.Rename("main");
        var taken = await Assert.ThrowsAsync<ClaimTakenException>(() => ledgers.Save(other, ct));
        Assert.Equal("name_taken", taken.Code);
        var history = await store.Read(new("acme", "ledger", ledger.Id), new() { Backward = true, Limit = 2, Until = feed[9].RecordedAt }, ct).ToListAsync(ct);
        Assert.Equal([10, 9], history.Select(e => e.Version));
        var atTime = await store.Load<LedgerState>(new("acme", "ledger", ledger.Id), AsOf.Time(feed[9].RecordedAt), ct);
        Assert.Equal(10, atTime.Version);
    }
}
