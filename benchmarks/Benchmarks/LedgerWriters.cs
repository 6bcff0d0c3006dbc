using System.Text.Json;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// Appends one movement at a time. Each competitor has a database and a pool to itself, with a connection for every writer that is opened before time is taken,
/// and counts what it appended, so that its rows can be counted after it.
/// </summary>
internal sealed class LedgerWriters : IAsyncDisposable
{
    private static readonly Moved Moved = new(12.50m, "a movement of usual length", 1012.50m);

    private readonly NpgsqlDataSource dataSource;
    private readonly string table;
    private readonly Func<int, Guid, long, Task> append;
    private readonly IAsyncDisposable store;
    private long appended;

    private LedgerWriters(NpgsqlDataSource dataSource, string table, IAsyncDisposable store, Func<int, Guid, long, Task> append) =>
        (this.dataSource, this.table, this.store, this.append) = (dataSource, table, store, append);

    public static async Task<LedgerWriters> Bare(int writers)
    {
        var database = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_append_bare"));
        var bare = await BareInsert.Open(database, writers);
        var (data, metadata) = (JsonSerializer.SerializeToUtf8Bytes(Moved, EventJson.Options), "{}"u8.ToArray());
        return new(database, "bare", bare, (writer, stream, version) => bare.Insert(writer, stream, version, data, metadata));
    }

    public static async Task<LedgerWriters> Monolith(int writers, EventStoreOptions? options = null)
    {
        var database = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_append"));
        var opened = await Benchmark.NewStore(database, options);
        await Benchmark.Warm(database, writers);
        return new(database, "eventstore.events", opened, (_, stream, version) =>
            opened.Append(new(new("acme", "ledger", stream), ExpectedVersion.Exactly(version - 1), [NewEvent.Of(Moved)])));
    }

    public static async Task<LedgerWriters> Marten(int writers)
    {
        var database = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_append_marten"));
        var opened = await MartenStore.Open(database, snapshots: null);
        await Benchmark.Warm(database, writers);
        return new(database, "marten.mt_events", opened, async (_, stream, version) =>
        {
            await using var session = opened.LightweightSession("acme");
            if (version == 1)
            {
                session.Events.StartStream(stream, Moved);
            }
            else
            {
                session.Events.Append(stream, version, Moved);
            }

            await session.SaveChangesAsync();
        });
    }

    public async Task Append(int writer, Guid stream, long version)
    {
        await append(writer, stream, version);
        Interlocked.Increment(ref appended);
    }

    public async ValueTask DisposeAsync()
    {
        await Benchmark.ExpectRows(dataSource, table, appended);
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
    }
}
