using Marten;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>The histories of <see cref="ProjectedLedgers"/> in Marten's event store, to be projected by its daemon again and again.</summary>
internal sealed class ProjectedByMarten : IAsyncDisposable
{
    /// <summary>The table of the documents of <see cref="MartenLedger"/>.</summary>
    public const string Documents = "marten.mt_doc_martenledger";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly NpgsqlDataSource dataSource;
    private readonly DocumentStore store;

    private ProjectedByMarten(NpgsqlDataSource dataSource, DocumentStore store) => (this.dataSource, this.store) = (dataSource, store);

    public static async Task<ProjectedByMarten> Create(string database, int streams, Func<IEnumerable<object>> history, Action<StoreOptions> projections)
    {
        var opened = NpgsqlDataSource.Create(await Benchmark.NewDatabase(database));
        var marten = await MartenStore.Open(opened, snapshots: null, projections);
        for (var stream = 0; stream < streams; stream++)
        {
            await using var session = marten.LightweightSession(ProjectedLedgers.TenantOf(stream));
            session.Events.StartStream(Guid.CreateVersion7(), history().ToArray());
            await session.SaveChangesAsync();
        }

        await Benchmark.Execute(opened, "vacuum analyze");
        return new(opened, marten);
    }

    /// <summary>Projects everything, from the start of the daemon until the last row is stored.</summary>
    public async Task CatchUp()
    {
        using var daemon = await store.BuildProjectionDaemonAsync();
        await daemon.StartAllAsync();
        await daemon.WaitForNonStaleData(Patience);
        await daemon.StopAllAsync();
    }

    /// <summary>Makes the documents anew.</summary>
    public async Task Rebuild()
    {
        using var daemon = await store.BuildProjectionDaemonAsync();
        await daemon.RebuildProjectionAsync<MartenLedger>(CancellationToken.None);
    }

    /// <summary>As if nothing had been projected.</summary>
    public void Forget(string table)
    {
        foreach (var sql in new[] { "delete from marten.mt_event_progression", $"truncate {table}" })
        {
            using var command = dataSource.CreateCommand(sql);
            command.ExecuteNonQuery();
        }
    }

    public void Check(string rows, long expected)
    {
        using var command = dataSource.CreateCommand($"select count(*) from {rows}");
        Benchmark.Expect(expected, (long)command.ExecuteScalar()!);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
    }
}
