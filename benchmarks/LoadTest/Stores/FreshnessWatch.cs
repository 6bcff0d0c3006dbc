using System.Collections.Concurrent;
using System.Diagnostics;
using Monolith.EventSourcing;
using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Reporting;
using Npgsql;

namespace Monolith.LoadTest.Stores;

/// <summary>
/// When does a query find in the read model what was appended? All that are looked for are asked for with one query, again and again; a time is as exact as that
/// query is quick. Times run from when the append was due.
/// </summary>
internal sealed class FreshnessWatch(LoadDatabase database)
{
    private const int MostUnseen = 20_000;
    private const string Sql =
        """
        select asked.number::int, (view.data ->> 'Movements')::bigint
        from unnest($1::text[], $2::uuid[]) with ordinality as asked (tenant_id, id, number)
        join public.mt_doc_ledgerview view on view.tenant_id = asked.tenant_id and view.id = asked.id
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<Appended> appends = new();
    private readonly CancellationTokenSource ended = new();
    private Task looking = Task.CompletedTask;

    public void Start() => looking = Task.Run(Look);

    /// <summary>An append that was acknowledged.</summary>
    /// <param name="arrival">When it was due.</param>
    /// <param name="stream">Its stream.</param>
    /// <param name="version">The version that it gave the stream.</param>
    /// <param name="into">Where its time goes, if it counts.</param>
    public void Expect(Arrival arrival, StreamId stream, long version, Latencies into)
    {
        UnsoundException.Unless(appends.Count < MostUnseen, $"{MostUnseen} appends have not been seen in the read model: it does not keep up.");
        appends.Enqueue(new(stream, version, arrival.Due, arrival.Counts ? into : null));
    }

    /// <summary>Waits until all were seen.</summary>
    public async Task Finish()
    {
        await ended.CancelAsync();
        await looking;
        ended.Dispose();
    }

    private async Task Look()
    {
        var (waiting, lastSeen) = (new List<Appended>(), Stopwatch.GetTimestamp());
        await using var connection = await database.DataSource.OpenConnectionAsync(CancellationToken.None);
        while (!ended.IsCancellationRequested || waiting.Count > 0 || !appends.IsEmpty)
        {
            while (appends.TryDequeue(out var append))
            {
                waiting.Add(append);
            }

            var movements = await Movements(connection, waiting);
            var now = Stopwatch.GetTimestamp();
            for (var i = 0; i < movements.Length; i++)
            {
                if (movements[i] >= waiting[i].Version)
                {
                    lastSeen = now;
                    waiting[i].Into?.Record(Stopwatch.GetElapsedTime(waiting[i].Due, now));
                }
            }

            waiting = [.. waiting.Where((append, i) => movements[i] < append.Version)];
            lastSeen = waiting.Count == 0 ? now : lastSeen;
            UnsoundException.Unless(Stopwatch.GetElapsedTime(lastSeen) < Patience, $"{waiting.Count} appends were never seen in the read model.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), CancellationToken.None);
        }
    }

    private static async Task<long[]> Movements(NpgsqlConnection connection, List<Appended> waiting)
    {
        var movements = new long[waiting.Count];
        if (waiting.Count == 0)
        {
            return movements;
        }

        await using var command = new NpgsqlCommand(Sql, connection)
        {
            Parameters = { new() { Value = waiting.ConvertAll(append => append.Stream.TenantId).ToArray() }, new() { Value = waiting.ConvertAll(append => append.Stream.AggregateId).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            movements[reader.GetInt32(0) - 1] = reader.GetInt64(1);
        }

        return movements;
    }

    private sealed record Appended(StreamId Stream, long Version, long Due, Latencies? Into);
}
