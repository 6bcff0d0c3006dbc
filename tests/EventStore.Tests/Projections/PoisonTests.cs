using Monolith.EventStore.Tests.Importing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Projections;

public sealed class PoisonTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const int Streams = 100;
    private const int Versions = 1000;
    private const int PoisonVersion = 501;
    private const long Sum = (long)Versions * (Versions + 1) / 2;

    [Fact, Behaviour(36)]
    public async Task One_poison_event_among_100_000_holds_up_its_aggregate_alone_and_drains_in_order_when_it_is_mended()
    {
        await using var hosts = await NewHosts();
        var streams = Enumerable.Range(0, Streams).Select(index => NewTally(new[] { Acme, Globex, Hooli, Initech }[index % 4])).ToArray();
        var bad = streams[37];
        await hosts.Store.Store.Import(Histories.Interleaved(streams, Versions).ToAsyncEnumerable(), ct: Ct);
        var views = new TallyViews { Fails = envelope => envelope.Stream == bad && envelope.Version == PoisonVersion };
        using var metrics = new StoreMetrics();
        var runner = (await hosts.Start(new() { Metrics = metrics }, views)).Runner;
        await hosts.CaughtUp(runner);

        // Everything else is there, and of the aggregate what came before.
        var sums = await hosts.Query<long>("select (data ->> 'sum')::bigint from views where view = 'TallyView' and (data ->> 'inOrder')::boolean order by 1 desc");
        Assert.Equal([.. Enumerable.Repeat(Sum, Streams - 1), (long)(PoisonVersion - 1) * PoisonVersion / 2], sums);

        // What an operator is alerted by, and looks at then.
        const int Held = Versions - PoisonVersion + 1;
        await hosts.Until(() => Parked(metrics) == Held, "the gauge shows what is held up");
        Assert.Equal(0, Instruments.Observe(metrics, "monolith.projection.lag")["tests.tallies"]);
        var operations = hosts.Operations(views);
        var parked = Assert.Single(await operations.Parked("tests.tallies", Ct));
        Assert.Equal((bad, PoisonVersion, Held - 1L), (parked.Stream, parked.Version, parked.Waiting));
        Assert.Contains("This event is poison.", parked.Error, StringComparison.Ordinal);

        views.Fails = _ => false;
        Assert.True(await operations.Retry("tests.tallies", parked.Position, Ct));
        await hosts.Until(() => Parked(metrics) == 0, "nothing is held up any more");

        Assert.Equal(new TallyView(bad.AggregateId, Sum, Versions, InOrder: true, null), await hosts.View<TallyView>(bad));
    }

    private static double Parked(StoreMetrics metrics) => Instruments.Observe(metrics, "monolith.projection.parked").GetValueOrDefault("tests.tallies");
}
