using Monolith.EventStore;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Everything at once, from a printed seed.</summary>
public abstract class TurmoilConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Theory, Behaviour(6, 20, 21, 24)]
    [InlineData(2)]
    [InlineData(12)]
    public async Task Random_writers_undone_transactions_and_readers_agree(int writers)
    {
        await using var store = await NewStore();
        var turmoil = new Turmoil(Seed.Of(TestContext.Current), store, store.AnotherHost());

        Sound(await turmoil.Run(writers, turn => turn == 240 / writers, Ct));
    }

    [Theory, Behaviour(6, 24, 42)]
    [InlineData(2)]
    [InlineData(12)]
    public async Task Writers_and_readers_agree_while_tenants_move_back_and_forth(int writers)
    {
        await using var store = await NewStore();
        var other = store.AnotherHost();
        var turmoil = new Turmoil(Seed.Of(TestContext.Current), store, store.AnotherHost()) { TenantsMove = true };

        var moves = MoveAll(other);
        Sound(await turmoil.Run(writers, turn => moves.IsCompleted && turn > 120 / writers, Ct));
        await moves;

        Assert.Equal(4, await store.Scalar<long>("select count(distinct tenant_id) from eventstore.events", Ct));
        Assert.Equal(
            0,
            await store.Scalar<long>(
                "select count(*) from eventstore.events e join eventstore.tenants t on t.tenant_id = e.tenant_id where t.shard <> e.shard or t.status <> 'active'", Ct));
    }

    private async Task MoveAll(ConformanceStore host)
    {
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(Move(Acme, TenantPlacement.Dedicated), Move(Initech, TenantPlacement.Pool), Move(Globex, TenantPlacement.Dedicated));
            await Task.WhenAll(Move(Acme, TenantPlacement.Pool), Move(Initech, TenantPlacement.Dedicated), Move(Hooli, TenantPlacement.Dedicated));
            await Task.WhenAll(Move(Globex, TenantPlacement.Pool), Move(Hooli, TenantPlacement.Pool));
        }

        Task Move(string tenant, TenantPlacement placement) => host.Store.Tenants.Move(tenant, placement, Ct);
    }

    private static void Sound(TurmoilReport report)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.True(report.IsSound, report.ToString());
        Assert.True(report.Events > 0);
        Assert.InRange(report.Outages, 0, 5);
    }
}
