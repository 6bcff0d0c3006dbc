using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Cache;

/// <summary>Random work on hosts that cache, against a plain list: a load is never behind what was stored when it began.</summary>
public sealed class CacheModelTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task Whatever_hosts_do_in_turn_each_load_is_the_replay_of_what_is_stored()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        await using var store = await NewStore(Small());
        ConformanceStore[] hosts = [store, store.AnotherHost(), store.AnotherHost()];
        var streams = Enumerable.Range(0, 6).Select(n => CachedTally.NewStream(n % 2 == 0 ? Acme : Initech)).ToList();
        var stored = streams.ToDictionary(stream => stream, _ => new List<long>());

        for (var step = 0; step < 400; step++)
        {
            var host = hosts[random.Next(hosts.Length)];
            var stream = streams[random.Next(streams.Count)];
            var numbers = stored[stream];
            if (random.Next(2) == 0)
            {
                var next = Enumerable.Range(0, random.Next(20) == 0 ? random.Next(90, 220) : random.Next(1, 4)).Select(_ => random.NextInt64(1000)).ToList();
                await host.Append(stream, ExpectedVersion.Exactly(numbers.Count), next.Select(number => NewEvent.Of(new Counted(number))), Ct);
                numbers.AddRange(next);
            }

            var version = random.Next(3) == 0 && numbers.Count > 0 ? random.Next(1, numbers.Count + 1) : numbers.Count;
            var loaded = await host.Store.Load<TallyState>(stream, version == numbers.Count ? AsOf.Now : AsOf.Version(version), Ct);
            var expected = numbers.Take(version).Aggregate(TallyState.Initial, (state, number) => state.Apply(new Counted(number)));
            Assert.True(loaded.Version == version && loaded.State == expected, $"Seed {seed}, step {step}: {loaded} is not {expected} at {version}.");
        }
    }

    [Fact]
    public async Task A_load_is_never_behind_an_append_that_was_acknowledged_before_it_began()
    {
        await using var store = await NewStore(Small());
        ConformanceStore[] hosts = [store, store.AnotherHost()];
        var streams = Enumerable.Range(0, 3).Select(_ => CachedTally.NewStream()).ToList();
        var acknowledged = new long[streams.Count];

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var round = 0; round < 40; round++)
            {
                var index = (worker + round) % streams.Count;
                var host = hosts[(worker + (round / 3)) % hosts.Length];
                if (worker % 2 == 0)
                {
                    var result = await host.Append(streams[index], ExpectedVersion.Any, Counts(1, 1 + (round % 3)), Ct);
                    InterlockedMax(ref acknowledged[index], result.Version);
                }

                var atLeast = Interlocked.Read(ref acknowledged[index]);
                var loaded = await host.Store.Load<TallyState>(streams[index], ct: Ct);
                Assert.True(loaded.Version >= atLeast, $"{loaded.Version} was loaded after {atLeast} was acknowledged.");
                Assert.Equal(loaded.Version, loaded.State.Events);
            }
        })));

        foreach (var stream in streams)
        {
            var replayed = (await store.Numbers(stream, Ct)).Aggregate(TallyState.Initial, (state, number) => state.Apply(new Counted(number)));
            foreach (var host in hosts)
            {
                Assert.Equal(replayed, (await host.Store.Load<TallyState>(stream, ct: Ct)).State);
            }
        }
    }

    // Room for fewer states than there are streams, so that they come and go.
    private static StoreSetup Small() => new() { Model = CachedTally.Model, Configure = options => options.MaxCachedStates = 4 };

    private static void InterlockedMax(ref long target, long value)
    {
        for (var seen = Interlocked.Read(ref target); seen < value; seen = Interlocked.Read(ref target))
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
