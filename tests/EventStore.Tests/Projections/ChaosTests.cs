using Monolith.EventStore.Projections;
using Monolith.Testing;
using Npgsql;

namespace Monolith.EventStore.Tests.Projections;

public sealed class ChaosTests(PostgresFixture postgres)
{
    private const int Ledgers = 12;
    private const int Rounds = 120;

    [Fact]
    public async Task Whatever_happens_every_event_is_projected_once_and_in_order()
    {
        var seed = Environment.GetEnvironmentVariable("MONOLITH_TEST_SEED") is { } given ? int.Parse(given) : Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"MONOLITH_TEST_SEED={seed}");
        await using var bed = await ProjectionBed.Create(postgres);
        var random = new Random(seed);
        var ids = Enumerable.Range(0, Ledgers).Select(_ => Guid.NewGuid()).ToArray();
        var model = ids.ToDictionary(id => id, _ => (Sum: 0m, Version: 0L, Words: 0));
        var flaky = new Flaky(seed);
        var recorder = new Recorder { OnEvent = _ => flaky.Fails() ? throw new HttpRequestException("503") : Task.CompletedTask }.Of<Ledger>();
        var hosts = new List<ProjectionRunner>();

        for (var round = 0; round < Rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(Ledgers)).Distinct().Select(index => Append(ids[index])).ToArray());
            switch (random.Next(20))
            {
                case 0 or 1 when hosts.Count < 3:
                    hosts.Add(await bed.Run(
                        ProjectionBed.Quick.Impatient(), new LedgerViews { Fails = _ => flaky.Fails() }, new WordViews(), new EntryTable(), recorder));
                    break;
                case 2 when hosts.Count > 1:
                    await hosts[0].StopAsync(ProjectionBed.Ct);
                    hosts.RemoveAt(0);
                    break;
                case 3 or 4:
                    await bed.KillBackends();
                    break;
                case 5 when hosts.Count > 0:
                    await Rebuild(bed, random.Next(2) == 0 ? "tests.ledgers" : "tests.entries");
                    break;
                default:
                    break;
            }
        }

        flaky.Stop();
        var last = await bed.Run(new LedgerViews(), new WordViews(), new EntryTable(), recorder);
        await bed.CaughtUp(last);
        await ProjectionBed.Eventually(
            async () => (await bed.Query<long>("select count(*) from eventstore.projection_checkpoints where slot = 'shadow'"))[0] == 0, "no rebuild runs");

        Assert.Empty(await bed.Query<string>("select error from eventstore.projection_parked"));
        foreach (var (id, expected) in model.Where(pair => pair.Value.Version > 0))
        {
            Assert.Equal(new LedgerView(id, expected.Sum, expected.Version, true, null), await bed.View<LedgerView>(id));
            Assert.Equal(expected.Version, await Entries(id));
            var seen = recorder.Seen.Where(envelope => envelope.AggregateId == id).Select(envelope => envelope.Version).ToList();
            Assert.Equal(Enumerable.Range(1, (int)expected.Version).Select(version => (long)version), seen.Distinct());
        }

        Assert.Equal(model.Values.Sum(expected => expected.Words), (await bed.View<WordView>("word"))!.Uses);

        async Task Append(Guid id)
        {
            var count = random.Next(1, 6);
            var amounts = Enumerable.Range(0, count).Select(_ => (decimal)random.Next(1, 100)).ToArray();
            var (sum, version, words) = model[id];
            model[id] = (sum + amounts.Sum(), version + count, words + count);
            await bed.Append(id, [.. amounts.Select(amount => (object)new Entered(amount, "word"))]);
        }

        async Task<long> Entries(Guid id) => (await bed.Query<long>($"select count(*) from tests.entries where ledger_id = '{id}'"))[0];
    }

    private static async Task Rebuild(ProjectionBed bed, string projection)
    {
        try
        {
            await bed.Operations(new LedgerViews(), new EntryTable()).Rebuild(projection, ProjectionBed.Ct);
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

internal static class ImpatientOptions
{
    /// <summary>Tries so often that what fails by chance is not parked.</summary>
    public static ProjectionOptions Impatient(this ProjectionOptions options)
    {
        options.Attempts = 50;
        return options;
    }
}
