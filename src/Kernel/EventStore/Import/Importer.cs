using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Reads a source of events and writes it batch by batch, in its order. While one batch is written the next is read, and no more than that: a
/// source of any length takes the memory of two batches.
/// </summary>
internal sealed class Importer(
    NpgsqlDataSource dataSource,
    DomainModel model,
    Tenants tenants,
    InlineViews inline,
    EventStoreOptions options,
    TimeProvider time,
    StoreMetrics metrics,
    Action<ImportBatch> stored)
{
    private readonly ImportWriter writer = new(dataSource, tenants);

    public async Task<ImportProgress> Import(
        IAsyncEnumerable<ImportedEvent> events, ImportOptions batches, IProgress<ImportProgress>? progress, CancellationToken ct)
    {
        batches.Validate();
        var started = time.GetTimestamp();
        var done = default(ImportProgress);
        var encoding = new ImportEncoding(model, inline, options, time);

        // A batch that cannot be written ends the reading too.
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await using var source = events.GetAsyncEnumerator(reading.Token);
        var writing = Task.CompletedTask;
        try
        {
            while (await Next(source, batches, encoding, reading.Token) is { Count: > 0 } batch)
            {
                await writing;
                writing = Task.Run(() => Write(batch), CancellationToken.None);
            }
        }
        finally
        {
            // Also when the source fails. Its own error gives way to that of an earlier event.
            await writing;
        }

        return done with { Elapsed = time.GetElapsedTime(started) };

        async Task Write(ImportBatch batch)
        {
            try
            {
                var written = await Translated(batch, ct);
                done = new(
                    done.Stored + written.Stored,
                    done.Skipped + batch.Count - written.Stored,
                    written.Stored > 0 ? written.Position : done.Position,
                    time.GetElapsedTime(started));
                if (written.Stored > 0)
                {
                    stored(batch);
                }

                progress?.Report(done);
            }
            catch
            {
                await reading.CancelAsync();
                throw;
            }
        }
    }

    private static async Task<ImportBatch> Next(
        IAsyncEnumerator<ImportedEvent> source, ImportOptions batches, ImportEncoding encoding, CancellationToken ct)
    {
        var batch = new ImportBatch();
        while (!batch.IsFull(batches) && await source.MoveNextAsync())
        {
            ct.ThrowIfCancellationRequested();
            batch.Add(source.Current, encoding);
        }

        return batch;
    }

    private async Task<WrittenBatch> Translated(ImportBatch batch, CancellationToken ct)
    {
        try
        {
            return await writer.Write(batch, ct);
        }
        catch (ConcurrencyException conflict)
        {
            metrics.Conflicted(conflict.Stream);
            throw;
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }
    }
}
