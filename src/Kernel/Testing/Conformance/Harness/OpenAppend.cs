using System.Globalization;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.Testing.Conformance;

/// <summary>
/// An append that another host makes in a transaction of its own and does not end: it takes the fence and draws positions as every append
/// must, with statements written by hand. Disposing it without an end is the end of a host that dies.
/// </summary>
public sealed class OpenAppend : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    private OpenAppend(NpgsqlConnection connection, NpgsqlTransaction transaction) => (this.connection, this.transaction) = (connection, transaction);

    /// <summary>The server process that runs it.</summary>
    public int ProcessId => connection.ProcessID;

    /// <summary>Begins the transaction; nothing else.</summary>
    public static async Task<OpenAppend> Begin(NpgsqlConnection connection, CancellationToken ct) => new(connection, await connection.BeginTransactionAsync(ct));

    /// <summary>Takes the fence, as the first statement of an append does.</summary>
    public Task TakeFence(CancellationToken ct) => Execute("select pg_advisory_xact_lock_shared(7741001, 1)", ct);

    /// <summary>Takes the fence, draws a position and stores one event.</summary>
    /// <returns>The position; 0 when the tenant may not be written to.</returns>
    public async Task<long> Insert(StreamId stream, long version, Counted counted, CancellationToken ct)
    {
        await TakeFence(ct);
        await using var command = new NpgsqlCommand(
            $$"""
            insert into eventstore.events (
              position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
            )
            select
              nextval('eventstore.position'), $1, clock_timestamp(), gen_random_uuid(), $2, 1, $3, shard, tenant_id, 'tally.counted',
              '{"number": {{counted.Number.ToString(CultureInfo.InvariantCulture)}}}', '{}'
            from eventstore.tenants
            where tenant_id = $4 and status = 'active'
            returning position
            """,
            connection)
        {
            Parameters = { new() { Value = version }, new() { Value = stream.AggregateId }, new() { Value = stream.AggregateType }, new() { Value = stream.TenantId } },
        };
        return (long)(await command.ExecuteScalarAsync(ct) ?? 0L);
    }

    /// <summary>Runs SQL in the transaction.</summary>
    public async Task Execute(string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    public Task Commit(CancellationToken ct) => transaction.CommitAsync(ct);

    public Task Rollback(CancellationToken ct) => transaction.RollbackAsync(ct);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
