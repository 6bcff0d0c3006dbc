using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Projections;

public sealed class CrashLoopTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(36)]
    public async Task An_event_that_takes_the_process_down_time_and_again_is_parked_untried()
    {
        await using var hosts = await NewHosts();
        var (deadly, good) = (NewTally(), NewTally());
        await hosts.Count(good, 1);
        var stored = await hosts.Count(deadly, 2);
        await hosts.Count(good, 4);
        await Died(hosts, crashes: 2, trying: "null", tries: 0);

        // The process cannot die in a test, so it stops as if it had: the event is announced, and never finished, however often it is tried until then.
        var endless = ProjectionHosts.Quick;
        endless.Attempts = int.MaxValue;
        for (var life = 1; life <= 3; life++)
        {
            using var died = new ManualResetEventSlim();
            var runner = await hosts.Run(endless, new TallyViews { Fails = Dies });
            Assert.True(died.Wait(ProjectionHosts.Patience, Ct));
            await runner.StopAsync(Ct);
            Assert.Equal([life], await hosts.Query<int>("select tries from eventstore.projection_checkpoints where trying is not null"));
            await Died(hosts, crashes: 1, trying: stored.Position.ToString(), tries: life);

            bool Dies(EventEnvelope envelope)
            {
                if (envelope.Stream == deadly)
                {
                    died.Set();
                    throw new OperationCanceledException();
                }

                return false;
            }
        }

        var last = await hosts.Run(new TallyViews());
        await hosts.CaughtUp(last);

        Assert.Equal(5, (await hosts.View<TallyView>(good))!.Sum);
        Assert.Null(await hosts.View<TallyView>(deadly));
        var parked = Assert.Single(await hosts.Operations(new TallyViews()).Parked(ct: Ct));
        Assert.Equal((stored.Position, 3), (parked.Position, parked.Attempts));
        Assert.Contains("Tried 3 times, and each time the process ended", parked.Error, StringComparison.Ordinal);
    }

    [Fact, Behaviour(36)]
    public async Task An_outage_is_not_taken_for_the_death_of_the_process()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        await hosts.Count(stream, 1);
        await Died(hosts, crashes: 2, trying: "null", tries: 0);
        await hosts.Execute("create table views (view text)");
        var runner = await hosts.Run(new TallyViews());
        var failures = new HashSet<DateTimeOffset?>();
        await hosts.Until(
            () =>
            {
                failures.UnionWith(runner.Statuses.Where(status => status.LastErrorAt is not null).Select(status => status.LastErrorAt));
                return failures.Count > 5;
            },
            "it has tried more often than an event is delivered");

        await hosts.Execute("drop table views; create table views (view text, tenant_id text, id text, data jsonb, primary key (view, tenant_id, id))");
        await hosts.CaughtUp(runner);

        Assert.Equal(1, (await hosts.View<TallyView>(stream))!.Sum);
        Assert.Empty(await hosts.Operations(new TallyViews()).Parked(ct: Ct));
    }

    private static Task Died(ProjectionHosts hosts, int crashes, string trying, int tries) => hosts.Execute(
        $"""
        insert into eventstore.projection_checkpoints (projection, shard, version, position, start_position, owner, crashes, trying, tries, started_at, updated_at)
        select 'tests.tallies', shard, 1, 0, 0, 'dead', {crashes}, {trying}, {tries}, now(), now()
        from eventstore.shards
        on conflict (projection, slot, shard) do update
        set owner = 'dead', crashes = excluded.crashes, trying = excluded.trying, tries = excluded.tries
        where projection_checkpoints.shard = (select shard from eventstore.tenants where tenant_id = '{Acme}')
        """);
}
