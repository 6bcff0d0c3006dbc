using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Projections;

/// <summary>
/// Three hosts project what is written meanwhile, while they are stopped, killed and suspended, their sessions ended, their projections made to fail and to hang, and
/// read models rebuilt, all at random. What comes of it is compared with a model that nothing happens to.
/// </summary>
public sealed class ChaosTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const int Tallies = 36;
    private const int Orders = 8;
    private const int Rounds = 150;
    private const int Hosts = 3;

    protected override TimeSpan Deadline => TimeSpan.FromMinutes(5);

    [Fact, Behaviour(31, 32, 33, 34, 36, 37)]
    public async Task Whatever_happens_every_event_is_projected_once_and_in_order()
    {
        var seed = Seed.Of(TestContext.Current);
        var random = new Random(seed);
        var trouble = new Trouble(seed);
        await using var hosts = await NewHosts();
        var model = new Model(hosts, random);
        var recorder = new Recorder
        {
            OnEvent = (_, _) => trouble.Hangs() ? trouble.Over : trouble.Fails() ? throw new HttpRequestException("503") : Task.CompletedTask,
        }.Of<Tally>();
        var running = new List<ProjectionHost>();
        var suspended = new List<ProjectionHost>();
        for (var host = 0; host < Hosts; host++)
        {
            await Start();
        }

        for (var round = 0; round < Rounds; round++)
        {
            await model.Append();
            switch (random.Next(22))
            {
                case 0 or 1 when running.Count < Hosts:
                    await Start();
                    break;
                case 2 when running.Count > 1:
                    await Take(running).Runner.StopAsync(Ct);
                    break;
                case 3 when running.Count > 0:
                    await Take(running).Kill();
                    break;
                case 4 when running.Count > 1:
                    suspended.Add(Take(running));
                    suspended[^1].Network!.Hold();
                    break;
                case 5 when suspended.Count > 0:
                    running.Add(Take(suspended));
                    running[^1].Network!.Release();
                    break;
                case 6 or 7:
                    await hosts.KillSessions();
                    break;
                case 8:
                    await Rebuild(hosts, random.Next(2) == 0 ? "tests.tallies" : "tests.numbers");
                    break;
                default:
                    break;
            }
        }

        trouble.End();
        suspended.ForEach(host => host.Network!.Release());
        var last = await hosts.Run(Patient(), new TallyViews(), new WordViews(), new EventCountViews(), new NumberTable(), recorder);
        await hosts.CaughtUp(last);
        await hosts.Rebuilt();
        await model.Holds(recorder);

        async Task Start() => running.Add(await hosts.Start(
            new() { Options = Patient(), BehindRelay = true },
            new TallyViews { Fails = _ => trouble.Fails() }, new WordViews(), new EventCountViews(), new NumberTable(), recorder));

        ProjectionHost Take(List<ProjectionHost> from)
        {
            var taken = from[random.Next(from.Count)];
            from.Remove(taken);
            return taken;
        }
    }

    // Tries and delivers so often that what fails by chance, or is tried when its host dies, is not parked.
    private static ProjectionOptions Patient()
    {
        var options = ProjectionHosts.Quick;
        (options.Attempts, options.Deliveries) = (50, 50);
        (options.StallAfter, options.StopTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(200));
        return options;
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

    /// <summary>What was written, and so what every read model must show in the end.</summary>
    private sealed class Model(ProjectionHosts hosts, Random random)
    {
        private readonly StreamId[] orders = [.. Enumerable.Range(0, Orders).Select(index => NewOrder(TenantOf(index)))];
        private readonly Dictionary<StreamId, (List<long> Numbers, long Version, int Words)> tallies =
            Enumerable.Range(0, Tallies).ToDictionary(index => NewTally(TenantOf(index)), _ => (new List<long>(), 0L, 0));
        private readonly Dictionary<StreamId, int> remarks = [];

        /// <summary>Appends to a few streams at once.</summary>
        public async Task Append()
        {
            var streams = tallies.Keys.ToArray();
            var chosen = Enumerable.Range(0, random.Next(1, 6)).Select(_ => streams[random.Next(Tallies)]).Distinct().ToList();
            await Task.WhenAll(chosen.Select(Append).Append(Remark(orders[random.Next(Orders)])).ToArray());
        }

        /// <summary>Compares.</summary>
        public async Task Holds(Recorder recorder)
        {
            Assert.Empty(await hosts.Query<string>("select concat_ws(' ', projection, shard, position, attempts, error) from eventstore.projection_parked where error is not null"));
            foreach (var (stream, (numbers, version, words)) in tallies.Where(pair => pair.Value.Version > 0))
            {
                Assert.Equal(new TallyView(stream.AggregateId, numbers.Sum(), version, InOrder: true, "word"), await hosts.View<TallyView>(stream));
                Assert.Equal(new EventCountView(stream.AggregateId, (int)version), await hosts.View<EventCountView>(stream));
                Assert.Equal(numbers, await hosts.Query<long>($"select number from tests.numbers where tally_id = '{stream.AggregateId}' order by position"));

                // A side effect is repeated after a crash, but none is left out and none overtakes another for the first time.
                var seen = recorder.Seen.Where(envelope => envelope.Stream == stream).Select(envelope => envelope.Version).ToList();
                Assert.Equal(Enumerable.Range(1, (int)version).Select(number => (long)number), seen.Distinct());
            }

            foreach (var (order, count) in remarks)
            {
                Assert.Equal(new EventCountView(order.AggregateId, count), await hosts.View<EventCountView>(order));
            }

            foreach (var tenant in tallies.Where(pair => pair.Value.Words > 0).GroupBy(pair => pair.Key.TenantId, pair => pair.Value.Words))
            {
                Assert.Equal(new WordView("word", tenant.Sum()), await hosts.View<WordView>("word", tenant.Key));
            }
        }

        private static string TenantOf(int index) => new[] { Acme, Globex, Hooli, Initech }[index % 4];

        private async Task Append(StreamId stream)
        {
            var numbers = Enumerable.Range(0, random.Next(1, 6)).Select(_ => (long)random.Next(1, 100)).ToArray();
            var (all, version, words) = tallies[stream];
            all.AddRange(numbers);
            tallies[stream] = (all, version + numbers.Length + 1, words + 1);
            await hosts.Append(stream, [.. numbers.Select(number => (object)new Counted(number)), new Noted("word")]);
        }

        private async Task Remark(StreamId order)
        {
            remarks[order] = remarks.GetValueOrDefault(order) + 1;
            await hosts.Append(order, new OrderRemarked("word"));
        }
    }

    /// <summary>Fails and hangs now and then, the same way for the same seed as far as the scheduler allows, until it is over.</summary>
    private sealed class Trouble(int seed)
    {
        private readonly Random random = new(seed);
        private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends when the trouble does, and not before.</summary>
        public Task Over => over.Task;

        public bool Fails() => Happens(50);

        public bool Hangs() => Happens(500);

        public void End() => over.SetResult();

        private bool Happens(int oneIn)
        {
            lock (random)
            {
                return !over.Task.IsCompleted && random.Next(oneIn) == 0;
            }
        }
    }
}
