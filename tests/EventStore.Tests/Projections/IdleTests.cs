using System.Diagnostics;
using System.Diagnostics.Metrics;
using Monolith.EventStore.Projections;
using Monolith.Testing;

namespace Monolith.EventStore.Tests.Projections;

/// <summary>What projections cost. The commands of every data source are counted by Npgsql itself, under the name of its pool.</summary>
public sealed class IdleTests(PostgresFixture postgres)
{
    private const int Projections = 20;

    [Fact]
    public async Task Twenty_idle_projections_on_eight_shards_ask_the_database_fewer_than_ten_times_a_second()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var recorders = Enumerable.Range(0, Projections).Select(i => new Recorder($"tests.recorder_{i}").Of<Ledger>()).ToArray();
        var runner = await bed.Run(new ProjectionOptions(), recorders);
        await bed.Append(Guid.NewGuid(), new Entered(1m, "a"));
        await bed.CaughtUp(runner);
        await ProjectionBed.Eventually(
            () => Task.FromResult(runner.Statuses.Count == Projections * 8 && runner.Statuses.All(status => status.State == ProjectionState.Live)), "all are live");

        using var commands = new Commands(bed.PoolName);
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(3), ProjectionBed.Ct);
        var rate = commands.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;

        TestContext.Current.TestOutputHelper!.WriteLine($"{rate:0.0} commands a second");
        Assert.InRange(rate, 0.1, 10);
    }

    [Fact]
    public async Task A_new_event_is_read_once_for_all_projections()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var recorders = Enumerable.Range(0, Projections).Select(i => new Recorder($"tests.recorder_{i}").Of<Ledger>()).ToArray();
        var runner = await bed.Run(new ProjectionOptions(), recorders);
        await bed.Append(Guid.NewGuid(), new Entered(1m, "a"));
        await bed.CaughtUp(runner);

        using var commands = new Commands(bed.PoolName);
        await bed.Append(Guid.NewGuid(), new Entered(2m, "a"));
        await bed.CaughtUp(runner);

        TestContext.Current.TestOutputHelper!.WriteLine($"{commands.Count} commands");

        // One checkpoint each, one read for all of them, and what the feed and the heartbeats ask meanwhile.
        Assert.InRange(commands.Count, Projections + 1, Projections + 25);
        Assert.All(recorders, recorder => Assert.Equal(2, recorder.Seen.Count));
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
