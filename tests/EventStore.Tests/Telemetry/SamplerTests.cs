using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Telemetry;

/// <summary>No other test of this assembly samples, so whatever the meter shows is of these.</summary>
public sealed class SamplerTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task One_host_samples_for_all_and_the_next_one_when_it_is_gone()
    {
        await using var hosts = await NewHosts();
        var views = new TallyViews();
        var (one, other) = (await hosts.Start(new() { Options = ProjectionHosts.Quick }, views), await hosts.Start(new() { Options = ProjectionHosts.Quick }, views));
        await hosts.Until(() => one.Runner.IsFirst != other.Runner.IsFirst, "one of them is the first");
        var (first, second) = one.Runner.IsFirst ? (one, other) : (other, one);
        using var meters = new LivingMeters();
        using var sampler = await Sample(hosts, first, views);
        using var idle = await Sample(hosts, second, views);

        for (var i = 0; i < 5; i++)
        {
            await hosts.Count(NewTally(), 1, 2, 3);
        }

        await hosts.CaughtUp(first.Runner);
        await hosts.Until(() => meters.Value("monolith.eventstore.events.stored", "tally") == 15, "the server has counted what was appended");
        Assert.Equal(1, meters.Count);
        Assert.True(meters.Value("monolith.eventstore.size", "tally") > 0);
        Assert.True(meters.Value("monolith.postgres.connections", "") > 0);
        await hosts.Until(() => meters.Value("monolith.projection.behind", "tests.tallies") == 0, "the checkpoint is stored");
        Assert.Equal(0, meters.Value("monolith.projection.unowned", "tests.tallies"));

        await hosts.Operations(views).Pause("tests.tallies", Ct);
        await hosts.Until(() => meters.Value("monolith.projection.paused", "tests.tallies") > 0 && one.Runner.Statuses.Count + other.Runner.Statuses.Count == 0, "it rests");
        await hosts.Count(NewTally(), 1);
        await hosts.Until(() => meters.Value("monolith.projection.behind", "tests.tallies") > 0, "it is behind");

        await first.Runner.StopAsync(Ct);
        await hosts.Until(() => second.Runner.IsFirst && meters.Count == 1, "the other one samples");
        await hosts.Until(() => meters.Value("monolith.eventstore.events.stored", "tally") == 16, "it shows what is stored now");
        await sampler.StopAsync(Ct);
        await idle.StopAsync(Ct);
        Assert.Equal(0, meters.Count);
    }

    private async Task<DatabaseSampler> Sample(ProjectionHosts hosts, ProjectionHost host, TallyViews views)
    {
        var options = new SamplingOptions { Every = TimeSpan.FromMilliseconds(100), DatabaseDisk = 1L << 40 };
        var sampler = new DatabaseSampler(
            hosts.Store.DataSource,
            host.Store,
            host.Runner,
            [new TypeSizes(), new ServerLoad(options), new PlacedProjections(hosts.Catalog(views))],
            options,
            TimeProvider.System,
            NullLogger<DatabaseSampler>.Instance);
        await sampler.StartAsync(Ct);
        return sampler;
    }

    // The meters of samplers as they come and go, and what they show.
    private sealed class LivingMeters : IDisposable
    {
        private readonly ConcurrentDictionary<Meter, bool> meters = new();
        private readonly ConcurrentDictionary<string, double> values = new(StringComparer.Ordinal);
        private readonly MeterListener listener;

        public LivingMeters()
        {
            listener = new()
            {
                InstrumentPublished = (instrument, listener) =>
                {
                    if (instrument.Meter.Name == DatabaseSampler.MeterName)
                    {
                        meters.TryAdd(instrument.Meter, true);
                        listener.EnableMeasurementEvents(instrument);
                    }
                },
                MeasurementsCompleted = (instrument, state) => meters.TryRemove(instrument.Meter, out _),
            };
            listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
            listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
            listener.Start();
        }

        public int Count => meters.Count;

        public double? Value(string instrument, string label)
        {
            listener.RecordObservableInstruments();
            return values.TryGetValue($"{instrument} {label}", out var value) ? value : null;
        }

        public void Dispose() => listener.Dispose();

        private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            values[$"{instrument.Name} {(tags.Length > 0 ? tags[0].Value : "")}"] = value;
    }
}
