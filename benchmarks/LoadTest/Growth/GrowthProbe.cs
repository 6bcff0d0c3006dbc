using System.Diagnostics;
using Monolith.EventSourcing;
using Monolith.LoadTest.Stores;

namespace Monolith.LoadTest.Growth;

/// <summary>Measures loads and appends in a store as it is: a bounded number of them, in rounds of which the one in the middle counts.</summary>
internal sealed class GrowthProbe(LoadDatabase database, int seed, bool isDry)
{
    private const int Rounds = 5;

    private int Loads => isDry ? 20 : 2_000;

    private int LoneAppends => isDry ? 20 : 1_000;

    // Together, by sixteen.
    private int ManyAppends => isDry ? 64 : 4_000;

    /// <summary>Microseconds for each load, and how many pages of it were not in the server's buffers.</summary>
    public async Task<(double Time, double Pages)> Load(List<StreamId> streams)
    {
        var random = new Random(seed);
        await Round();
        var before = await PagesRead();
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            times.Add(await Round());
        }

        times.Sort();
        return (times[Rounds / 2], (double)(await PagesRead() - before) / (Rounds * Loads));

        async Task<double> Round()
        {
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Loads; i++)
            {
                await database.Store.Load<LedgerState>(streams[random.Next(streams.Count)]);
            }

            return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Loads;
        }
    }

    /// <summary>Microseconds for each append by so many writers at once, in turns with bare INSERTs by as many, and the bytes of the log that an append takes.</summary>
    public async Task<(Paired Time, double Log)> Append(List<StreamId> streams, int writers, CancellationToken stop)
    {
        var each = (writers == 1 ? LoneAppends : ManyAppends) / writers;
        await using var bare = await BareInsert.Open(database, writers);
        var (pairs, log, number) = (new List<Paired>(), 0L, 0L);
        for (var round = -1; round < Rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            var inserting = await Write(writer => bare.Append(writer, streams[0].AggregateId, Interlocked.Increment(ref number)));
            var logBefore = await Log();
            var random = Enumerable.Range(0, writers).Select(writer => new Random(seed + (1_000 * (round + 2)) + writer)).ToArray();
            var appending = await Write(writer => database.Store.Append(Histories.Append(streams[random[writer].Next(streams.Count)], 1), CancellationToken.None));

            // The first opens connections and prepares statements.
            if (round >= 0)
            {
                log += await Log() - logBefore;
                pairs.Add(new(appending, inserting));
            }
        }

        return (Paired.Median(pairs), (double)log / (Rounds * each * writers));

        async Task<double> Write(Func<int, Task> write)
        {
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(
                async () =>
                {
                    for (var i = 0; i < each; i++)
                    {
                        await write(writer);
                    }
                },
                CancellationToken.None)));
            return Stopwatch.GetElapsedTime(started).TotalMicroseconds / (each * writers);
        }
    }

    /// <summary>Removes what was appended after a position, by the door for maintenance, and gives its room back.</summary>
    public async Task Forget(long position)
    {
        await database.Execute(FormattableString.Invariant(
            $"""
            begin;
            set local eventstore.maintenance = 'on';
            delete from eventstore.events where position > {position};
            commit;
            """));
        await database.Execute("delete from eventstore.snapshots");
    }

    private Task<long> Log() => database.Ask<long>("select (pg_current_wal_lsn() - '0/0')::bigint");

    // Sessions tell what they have read when they end, and at times before that.
    private async Task<long> PagesRead()
    {
        database.DataSource.Clear();
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        return await database.Ask<long>("select blks_read from pg_stat_database where datname = current_database()");
    }
}
