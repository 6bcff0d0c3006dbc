using System.Collections.Concurrent;
using System.Diagnostics;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Monolith.Hosting;
using Npgsql;

namespace Monolith.LoadTest;

/// <summary>
/// How long is it from the call of an append until a query finds its event in the read model? Appends begin at a steady rate, whether or not the earlier ones
/// have ended, so that a pause shows in all that fall into it. Once the host that appends projects as well, once another process does.
/// </summary>
internal sealed class FreshnessRun(NpgsqlDataSource dataSource, PostgresEventStore store, LoadOptions options)
{
    private const int Streams = 1_000;
    private const int MostUnseen = 20_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Guid[] streams = [.. Enumerable.Range(0, Streams).Select(_ => Guid.CreateVersion7())];
    private readonly ConcurrentQueue<Append> appends = new();

    public static async Task Run(LoadOptions options)
    {
        await using var database = await LoadDatabase.Create();
        await using var dataSource = NpgsqlDataSource.Create(database.ConnectionString);
        await using var store = await LoadDatabase.NewStore(dataSource);
        await using var documents = LoadDatabase.Documents(dataSource);
        await documents.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        var report = new Report("Freshness of a read model");
        await report.DescribeMachine(dataSource);
        report.Add($"{options.Rate:N0} appends of one event a second for {options.Seconds} s, to {Streams:N0} ledgers of 8 tenants; from the call of the append to the Marten document that a query finds.\n");
        report.Add($"| Projected by | Events | p50 | p90 | p99 | longest | p99 under 100 ms |");
        report.Add($"|---|---|---|---|---|---|---|");
        await using (var runner = new ProjectionRunner(
            dataSource, Histories.Model, store, new(Histories.Model, [new LedgerViews(version: 1)]), new MartenViewStore(documents)))
        {
            await runner.StartAsync(CancellationToken.None);
            await runner.WaitForAll(position: 0, Patience);
            await new FreshnessRun(dataSource, store, options).Measure("the host that appends", report);
        }

        await using (var host = HostProcess.Start(database.ConnectionString, version: 1))
        {
            await host.CaughtUp.WaitAsync(Patience);
            await new FreshnessRun(dataSource, store, options).Measure("another host", report);
        }

        await report.Write(options.Out);
    }

    private async Task Measure(string by, Report report)
    {
        using var ended = new CancellationTokenSource();
        var looking = Task.Run(() => Look(by, ended.Token));
        await AppendSteadily();
        await ended.CancelAsync();
        var times = await looking;
        times.Sort();
        UnsoundException.Unless(times.Count == options.Rate * options.Seconds, $"{times.Count} events were seen instead of {options.Rate * options.Seconds}.");
        report.Add($"| {by} | {times.Count:N0} | {At(50):F1} ms | {At(90):F1} ms | {At(99):F1} ms | {times[^1]:F1} ms | {(At(99) < 100 ? "met" : "missed")} |");

        double At(int percent) => times[(times.Count - 1) * percent / 100];
    }

    private async Task AppendSteadily()
    {
        var started = Stopwatch.GetTimestamp();
        var versions = new long[Streams];
        var running = new List<Task>();
        for (var number = 0; number < options.Rate * (options.WarmUp + options.Seconds); number++)
        {
            var due = TimeSpan.FromSeconds((double)number / options.Rate) - Stopwatch.GetElapsedTime(started);
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due);
            }

            UnsoundException.Unless(appends.Count < MostUnseen, $"{MostUnseen} appends have not been seen in the read model: it does not keep up.");
            var stream = number % Streams;
            var append = new Append(Histories.TenantOf(stream), streams[stream], ++versions[stream], Stopwatch.GetTimestamp(), number >= options.Rate * options.WarmUp);
            appends.Enqueue(append);
            running.RemoveAll(task => task.IsCompletedSuccessfully);
            running.Add(store.Append(new(new(append.TenantId, "ledger", append.Stream), ExpectedVersion.Any, [NewEvent.Of(Histories.Movement(append.Version))])));
        }

        await Task.WhenAll(running);
    }

    // All that are looked for are asked for with one query, again and again; a time is as exact as that query is quick.
    private async Task<List<double>> Look(string by, CancellationToken ended)
    {
        var times = new List<double>();
        var (waiting, said, lastSeen) = (new List<Append>(), Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp());
        await using var connection = await dataSource.OpenConnectionAsync(CancellationToken.None);
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
                    if (waiting[i].Counts)
                    {
                        times.Add(Stopwatch.GetElapsedTime(waiting[i].Started, now).TotalMilliseconds);
                    }
                }
            }

            waiting = [.. waiting.Where((append, i) => movements[i] < append.Version)];
            UnsoundException.Unless(waiting.Count == 0 || Stopwatch.GetElapsedTime(lastSeen) < Patience, $"{waiting.Count} appends were never seen in the read model.");
            if (Stopwatch.GetElapsedTime(said) > TimeSpan.FromSeconds(1))
            {
                said = now;
                Report.Line($"{by}: {times.Count:N0} events seen, {waiting.Count:N0} waited for, the last in {(times.Count == 0 ? 0 : times[^1]):F1} ms");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), CancellationToken.None);
        }

        return times;
    }

    private static async Task<long[]> Movements(NpgsqlConnection connection, List<Append> waiting)
    {
        var movements = new long[waiting.Count];
        if (waiting.Count == 0)
        {
            return movements;
        }

        await using var command = new NpgsqlCommand(
            """
            select asked.number::int, (view.data ->> 'Movements')::bigint
            from unnest($1::text[], $2::uuid[]) with ordinality as asked (tenant_id, id, number)
            join public.mt_doc_ledgerview view on view.tenant_id = asked.tenant_id and view.id = asked.id
            """,
            connection)
        {
            Parameters = { new() { Value = waiting.ConvertAll(append => append.TenantId).ToArray() }, new() { Value = waiting.ConvertAll(append => append.Stream).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            movements[reader.GetInt32(0) - 1] = reader.GetInt64(1);
        }

        return movements;
    }

    private sealed record Append(string TenantId, Guid Stream, long Version, long Started, bool Counts);
}
