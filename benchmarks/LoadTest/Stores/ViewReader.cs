using System.Diagnostics;
using Monolith.LoadTest.Reporting;
using Npgsql;

namespace Monolith.LoadTest.Stores;

/// <summary>Reads the whole read model again and again while it is rebuilt. It must always be whole, and of one generation, and never go back to an older one.</summary>
internal sealed class ViewReader(NpgsqlDataSource dataSource, int streams)
{
    private const string Sql =
        """
        select count(*)::int, min((data ->> 'Generation')::int), max((data ->> 'Generation')::int), coalesce(sum((data ->> 'Movements')::bigint), 0)::bigint
        from public.mt_doc_ledgerview
        """;

    // The rest of the time is the rebuild's.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource enough = new();
    private volatile int generation;
    private Task reading = Task.CompletedTask;

    /// <summary>The generation of the rows last seen.</summary>
    public int Generation => generation;

    public int Reads { get; private set; }

    public TimeSpan Longest { get; private set; }

    public void Start() => reading = Task.Run(Read);

    /// <summary>Ends when something was wrong.</summary>
    public Task Wrong => reading;

    public async Task Stop()
    {
        await enough.CancelAsync();
        await reading;
        enough.Dispose();
    }

    public async Task Look()
    {
        var started = Stopwatch.GetTimestamp();
        await using var command = dataSource.CreateCommand(Sql);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var (rows, movements) = (reader.GetInt32(0), reader.GetInt64(3));
        var (oldest, newest) = rows == 0 ? (0, 0) : (reader.GetInt32(1), reader.GetInt32(2));
        Longest = TimeSpan.FromTicks(Math.Max(Longest.Ticks, Stopwatch.GetElapsedTime(started).Ticks));
        UnsoundException.Unless(
            rows == streams && oldest == newest && newest >= generation && movements == (long)streams * Histories.EventsPerStream,
            $"A reader saw {rows} of {streams} rows with {movements} movements, of the generations {oldest} to {newest} after {generation}.");
        generation = newest;
        Reads++;
    }

    private async Task Read()
    {
        while (!enough.IsCancellationRequested)
        {
            await Look();
            await Task.Delay(Pause, enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
