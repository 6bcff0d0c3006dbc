using System.Diagnostics;
using System.Diagnostics.Metrics;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Projections;

/// <summary>What twenty projections on nine shards cost a host while nothing happens, and when something does.</summary>
public sealed class IdleTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const int Projections = 20;
    private const int Shards = 9;

    [Fact]
    public async Task Twenty_idle_projections_on_nine_shards_ask_the_database_fewer_than_ten_times_a_second()
    {
        await using var hosts = await NewHosts(EightPoolShards);
        var runner = await hosts.Run(new ProjectionOptions(), Recorders());
        await hosts.Count(NewTally(), 1);
        await hosts.CaughtUp(runner);
        await hosts.Until(
            () => runner.Statuses.Count == Projections * Shards && runner.Statuses.All(status => status.State == ProjectionState.Live), "all are live");
        await Beat(hosts);

        using var commands = new Commands(hosts.PoolName);
        var started = Stopwatch.GetTimestamp();
        await Beat(hosts);
        await Beat(hosts);
        var rate = commands.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;

        TestContext.Current.TestOutputHelper!.WriteLine($"{rate:0.0} commands a second");
        Assert.InRange(rate, 0.1, 10);
    }

    [Fact]
    public async Task A_new_event_is_read_once_for_all_projections()
    {
        await using var hosts = await NewHosts(EightPoolShards);
        var recorders = Recorders();
        var runner = await hosts.Run(new ProjectionOptions(), recorders);
        await hosts.Count(NewTally(), 1);
        await hosts.CaughtUp(runner);

        using var commands = new Commands(hosts.PoolName);
        await hosts.Count(NewTally(), 2);
        await hosts.CaughtUp(runner);

        TestContext.Current.TestOutputHelper!.WriteLine($"{commands.Count} commands");

        // One checkpoint each, one read for all of them, and what the feed and the heartbeats ask meanwhile.
        Assert.InRange(commands.Count, Projections + 1, Projections + 25);
        Assert.All(recorders, recorder => Assert.Equal(2, recorder.Seen.Count));
    }

    private static StoreSetup EightPoolShards => new() { Configure = options => options.PoolShards = 8 };

    private static Recorder[] Recorders() => [.. Enumerable.Range(0, Projections).Select(i => new Recorder($"tests.recorder_{i}").Of<Tally>())];

    // Waits for the host's next heartbeat.
    private async Task Beat(ProjectionHosts hosts)
    {
        var expires = (await hosts.Query<DateTime>("select expires_at from eventstore.projection_hosts"))[0];
        await hosts.Store.Until($"select expires_at > '{expires:O}' from eventstore.projection_hosts", Ct);
    }

    private sealed class Commands : IDisposable
    {
        private readonly MeterListener listener = new();
        private int count;

        public Commands(string pool)
        {
            listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "Npgsql", Name: "db.client.operation.duration" })
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
            {
                foreach (var tag in tags)
                {
                    if (tag.Key == "db.client.connection.pool.name" && tag.Value as string == pool)
                    {
                        Interlocked.Increment(ref count);
                    }
                }
            });
            listener.Start();
        }

        public int Count => Volatile.Read(ref count);

        public void Dispose() => listener.Dispose();
    }
}
