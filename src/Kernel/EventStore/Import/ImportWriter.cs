using System.Data;
using System.Text;
using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore;

/// <summary>What became of a batch: its rows that were stored now, and the position of the last of them.</summary>
internal readonly record struct WrittenBatch(int Stored, long Position);

/// <summary>
/// Writes batches: a transaction each, with a COPY for each leaf. The fence is taken first, then the tenants and the ends of the streams are looked at,
/// then positions are drawn in the order of the source. Whoever appends to one of the streams meanwhile meets the keys of the leaf, as with any append.
/// </summary>
internal sealed class ImportWriter(NpgsqlDataSource dataSource, Tenants tenants)
{
    // Each round somebody else got through at a version of ours, or a tenant moved.
    private const int MaxRaces = 1000;

    private const string DataException = "22";

    /// <summary>Stores what is not stored yet of a batch: all of it or nothing.</summary>
    public async Task<WrittenBatch> Write(ImportBatch batch, CancellationToken ct)
    {
        for (var race = 0; ; race++)
        {
            await Place(batch, ct);
            ImportClaims? claims = null;
            try
            {
                await using var connection = await dataSource.OpenConnectionAsync(ct);
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, ct);
                if (await Look(batch, connection, ct))
                {
                    var rows = batch.Missing();
                    if (rows.Count == 0)
                    {
                        return new(0, 0);
                    }

                    claims = new(rows);
                    var last = await Copy(rows, connection, ct);
                    await Execute(claims, connection, ct);
                    await transaction.CommitAsync(ct);
                    return new(rows.Count, last);
                }
            }
            catch (PostgresException error) when (race < MaxRaces && PostgresErrors.IsVersionTaken(error))
            {
                continue;
            }
            catch (PostgresException error) when (race < MaxRaces && PostgresErrors.IsClaimTaken(error))
            {
                await RefuseHeld(claims!, error, ct);
                continue;
            }
            catch (PostgresException error) when (race < MaxRaces && PostgresErrors.IsLeafMissing(error))
            {
                if (!await Moved(batch, ct))
                {
                    throw;
                }

                continue;
            }
            catch (PostgresException error) when (error.SqlState.StartsWith(DataException, StringComparison.Ordinal))
            {
                throw new UnstorableEventException(
                    UnstorableEventException.InvalidText, $"An event of the batch holds JSON that PostgreSQL cannot store: {error.MessageText}", error);
            }

            await Moved(batch, ct);
        }
    }

    private async Task Place(ImportBatch batch, CancellationToken ct)
    {
        foreach (var stream in batch.Streams)
        {
            stream.Leaf = Leaf.Of(stream.Id.AggregateType, await tenants.ShardOf(stream.Id.TenantId, ct));
        }
    }

    /// <summary>Whether a tenant lies elsewhere than it was believed to.</summary>
    /// <exception cref="UnknownTenantException">A tenant was dropped.</exception>
    /// <exception cref="TenantDisabledException">A tenant was switched off.</exception>
    private async Task<bool> Moved(ImportBatch batch, CancellationToken ct)
    {
        var moved = false;
        foreach (var (tenant, shard) in batch.Streams.Select(stream => (stream.Id.TenantId, stream.Leaf.Shard)).Distinct())
        {
            moved |= await tenants.FindToWrite(tenant, ct) != shard;
        }

        return moved;
    }

    // Whether all tenants may write where they are believed to lie. One round trip, with the begin of the transaction.
    private static async Task<bool> Look(ImportBatch batch, NpgsqlConnection connection, CancellationToken ct)
    {
        var byLeaf = batch.Streams.GroupBy(stream => stream.Leaf).ToList();
        await using var look = new NpgsqlBatch(connection) { BatchCommands = { new(Statements.Text("import_fence.sql")) } };
        foreach (var group in byLeaf)
        {
            var command = new NpgsqlBatchCommand(group.Key.Statement("import_streams.sql"));
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. group.Select(stream => stream.Id.TenantId)] });
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. group.Select(stream => stream.Id.AggregateId)] });
            command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. group.Select(stream => stream.FirstVersion)] });
            command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. group.Select(stream => stream.LastVersion)] });
            look.BatchCommands.Add(command);
        }

        var fits = true;
        await using var reader = await look.ExecuteReaderAsync(ct);
        foreach (var group in byLeaf)
        {
            await reader.NextResultAsync(ct);
            foreach (var stream in group)
            {
                await reader.ReadAsync(ct);
                fits &= reader.GetBoolean(0);
                stream.Actual = reader.GetInt64(1);
                stream.RecordedAt = reader.IsDBNull(2) ? null : reader.GetDateTime(2);
                stream.StoredIds = reader.IsDBNull(3) ? [] : reader.GetFieldValue<Guid[]>(3);
                if (reader.GetBoolean(4))
                {
                    throw new AggregateArchivedException(stream.Id);
                }
            }
        }

        return fits;
    }

    private static async Task<long> Copy(List<ImportedRow> rows, NpgsqlConnection connection, CancellationToken ct)
    {
        var positions = await Positions(rows.Count, connection, ct);
        var byLeaf = Enumerable.Range(0, rows.Count).GroupBy(index => rows[index].Stream.Leaf).OrderBy(group => group.Key.Events, StringComparer.Ordinal);
        foreach (var group in byLeaf)
        {
            var type = Encoding.UTF8.GetBytes(group.Key.AggregateType);
            var shard = Encoding.UTF8.GetBytes(group.Key.Shard);
            await using var copy = await connection.BeginBinaryImportAsync(group.Key.Statement("import_events.sql"), ct);
            foreach (var index in group)
            {
                var row = rows[index];
                await copy.StartRowAsync(ct);
                await copy.WriteAsync(positions[index], NpgsqlDbType.Bigint, ct);
                await copy.WriteAsync(row.Version, NpgsqlDbType.Bigint, ct);
                await copy.WriteAsync(row.RecordedAt, NpgsqlDbType.TimestampTz, ct);
                await copy.WriteAsync(row.Id, NpgsqlDbType.Uuid, ct);
                await copy.WriteAsync(row.Stream.Id.AggregateId, NpgsqlDbType.Uuid, ct);
                await copy.WriteAsync(row.EventVersion, NpgsqlDbType.Smallint, ct);
                await copy.WriteAsync(type, NpgsqlDbType.Text, ct);
                await copy.WriteAsync(shard, NpgsqlDbType.Text, ct);
                await copy.WriteAsync(row.Stream.TenantId, NpgsqlDbType.Text, ct);
                await copy.WriteAsync(row.EventType, NpgsqlDbType.Text, ct);
                await copy.WriteAsync(row.Data, NpgsqlDbType.Jsonb, ct);
                await copy.WriteAsync(row.Metadata, NpgsqlDbType.Jsonb, ct);
            }

            await copy.CompleteAsync(ct);
        }

        return positions[^1];
    }

    private static async Task<long[]> Positions(int count, NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("import_positions.sql"), connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        return (long[])(await command.ExecuteScalarAsync(ct))!;
    }

    // After all streams, as every append asks for its claims.
    private static async Task Execute(ImportClaims claims, NpgsqlConnection connection, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        claims.AddTo(batch.BatchCommands);
        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(ct);
        }
    }

    // Returns when the claim that was found taken has been given back since.
    private async Task RefuseHeld(ImportClaims claims, PostgresException error, CancellationToken ct)
    {
        foreach (var (row, claim) in claims.Taken)
        {
            var stream = row.Stream.Id;
            await using var command = dataSource.CreateCommand(Statements.Text("claims_held.sql"));
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.TenantId });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.AggregateType });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [claim.Name] });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [claim.Value] });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AggregateId });
            await using var reader = await command.ExecuteReaderAsync(ct);
            if (await reader.ReadAsync(ct) && !claims.Frees(new(stream.TenantId, stream.AggregateType, reader.GetGuid(2)), claim))
            {
                throw ImportClaims.Refusal(row, claim, error);
            }
        }
    }
}
