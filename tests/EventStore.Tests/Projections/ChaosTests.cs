using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Projections;

public sealed class ChaosTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const int Tallies = 12;
    private const int Rounds = 120;
    private const int Hosts = 3;

    protected override TimeSpan Deadline => TimeSpan.FromMinutes(5);

    [Fact, Behaviour(31, 32, 33, 34, 37)]
    public async Task Whatever_happens_every_event_is_projected_once_and_in_order()
    {
        var seed = Seed.Of(TestContext.Current);
        var random = new Random(seed);
        var flaky = new Flaky(seed);
        await using var hosts = await NewHosts();
        var streams = Enumerable.Range(0, Tallies).Select(index => NewTally(new[] { Acme, Globex, Hooli, Initech }[index % 4])).ToArray();
        var model = streams.ToDictionary(stream => stream, _ => (Sum: 0L, Version: 0L, Words: 0));
        var recorder = new Recorder { OnEvent = (_, _) => flaky.Fails() ? throw new HttpRequestException("503") : Task.CompletedTask }.Of<Tally>();
        var running = new List<ProjectionHost>();
        for (var host = 0; host < Hosts; host++)
        {
            await Start();
        }

        for (var round = 0; round < Rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(Tallies)).Distinct().Select(index => Append(streams[index])).ToArray());
            switch (random.Next(20))
            {
                case 0 or 1 when running.Count < Hosts:
                    await Start();
                    break;
                case 2 when running.Count > 1:
                    await running[0].Runner.StopAsync(Ct);
                    running.RemoveAt(0);
                    break;
                case 3 when running.Count > 0:
                    var victim = random.Next(running.Count);
                    await running[victim].Kill();
                    running.RemoveAt(victim);
                    break;
                case 4 or 5:
                    await hosts.KillSessions();
                    break;
                case 6:
                    await Rebuild(hosts, random.Next(2) == 0 ? "tests.tallies" : "tests.numbers");
                    break;
                default:
                    break;
            }
        }

        flaky.Stop();
        var last = await hosts.Run(new TallyViews(), new WordViews(), new NumberTable(), recorder);
        await hosts.CaughtUp(last);
        await hosts.Rebuilt();

        Assert.Empty(await hosts.Query<string>("select p::text from eventstore.projection_parked p"));
        foreach (var (stream, expected) in model.Where(pair => pair.Value.Version > 0))
        {
            Assert.Equal(new TallyView(stream.AggregateId, expected.Sum, expected.Version, true, "word"), await hosts.View<TallyView>(stream));
            Assert.Equal(
                [expected.Version - expected.Words], await hosts.Query<long>($"select count(*) from tests.numbers where tally_id = '{stream.AggregateId}'"));
            var seen = recorder.Seen.Where(envelope => envelope.Stream == stream).Select(envelope => envelope.Version).ToList();
            Assert.Equal(Enumerable.Range(1, (int)expected.Version).Select(version => (long)version), seen.Distinct());
        }

        foreach (var tenant in model.Where(pair => pair.Value.Words > 0).GroupBy(pair => pair.Key.TenantId, pair => pair.Value.Words))
        {
            Assert.Equal(new WordView("word", tenant.Sum()), await hosts.View<WordView>("word", tenant.Key));
        }

        // Tries and delivers so often that what fails by chance is not parked.
        async Task Start()
        {
            var options = ProjectionHosts.Quick;
            (options.Attempts, options.Deliveries) = (50, 50);
            running.Add(await hosts.Start(
                new() { Options = options, BehindRelay = true },
                new TallyViews { Fails = _ => flaky.Fails() }, new WordViews(), new NumberTable(), recorder));
        }

        async Task Append(StreamId stream)
        {
            var numbers = Enumerable.Range(0, random.Next(1, 6)).Select(_ => (long)random.Next(1, 100)).ToArray();
            var (sum, version, words) = model[stream];
            model[stream] = (sum + numbers.Sum(), version + numbers.Length + 1, words + 1);
            await hosts.Append(stream, [.. numbers.Select(number => (object)new Counted(number)), new Noted("word")]);
        }
    }

    private async Task Rebuild(ProjectionHosts hosts, string projection)
    {
        try
        {
            await hosts.Operations(new TallyViews(), new NumberTable()).Rebuild(projection, ct: Ct);
        }
        catch (Exception refused) when (refused is RebuildRunningException or PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected })
        {
            // Somebody else's turn.
        }
    }

    /// <summary>Fails now and then, the same way for the same seed as far as the scheduler allows.</summary>
    private sealed class Flaky(int seed)
    {
        private readonly Random random = new(seed);
        private bool stopped;

        public bool Fails()
        {
            lock (random)
            {
                return !stopped && random.Next(50) == 0;
            }
        }

        public void Stop() => stopped = true;
    }
}
