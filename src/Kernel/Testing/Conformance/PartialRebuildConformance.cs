using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>One tenant's part of a read model is made anew, and nobody else's rows are touched.</summary>
public abstract class PartialRebuildConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string Spoil = "update views set data = jsonb_set(data, '{sum}', '0') where view = 'TallyView'; update tests.numbers set number = 0";

    // With what tells one version of a row from the next, so that a row which was written again shows.
    private const string OfOthers =
        $"""
        select v.xmin || ' ' || v::text from views v where tenant_id <> '{Acme}'
        union all
        select n.xmin || ' ' || n::text from tests.numbers n where tenant_id <> '{Acme}'
        order by 1
        """;

    private const string OfTenant =
        $"""
        select v::text from views v where tenant_id = '{Acme}'
        union all
        select n::text from tests.numbers n where tenant_id = '{Acme}'
        order by 1
        """;

    private static Projection[] ReadModels => [new TallyViews(), new WordViews(), new NumberTable()];

    [Fact, Behaviour(37, 40)]
    public async Task A_tenant_is_rebuilt_to_the_live_result_and_the_rows_of_others_are_not_touched()
    {
        await using var hosts = await NewHosts();
        var streams = await Fill(hosts);
        var runner = await hosts.Run(ReadModels);
        await hosts.CaughtUp(runner);
        await hosts.Store.Store.Archive(streams[0], ExpectedVersion.Any, Ct);
        var live = await hosts.Query<string>(OfTenant);
        await hosts.Execute(Spoil);
        var others = await hosts.Query<string>(OfOthers);

        Assert.Equal(["tests.numbers", "tests.tallies", "tests.words"], await hosts.Operations(ReadModels).RebuildAll(tenantId: Acme, ct: Ct));
        await hosts.Rebuilt();

        Assert.Equal(live, await hosts.Query<string>(OfTenant));
        Assert.Equal(others, await hosts.Query<string>(OfOthers));
        Assert.Equal([0L], await hosts.Query<long>("select count(*) from pg_tables where schemaname = 'tests_shadow'"));
    }

    [Fact, Behaviour(37)]
    public async Task A_reader_sees_the_tenants_old_rows_until_the_new_ones_take_their_place_and_misses_nobody_elses()
    {
        await using var hosts = await NewHosts();
        await Fill(hosts);
        var runner = await hosts.Run(new NumberTable());
        await hosts.CaughtUp(runner);
        var live = await Rows();
        await hosts.Execute($"update tests.numbers set number = 0 where tenant_id = '{Acme}'");
        var spoilt = await Rows();
        using var enough = new CancellationTokenSource();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var reading = Read();
        await hosts.Until(() => seen.Count == 1, "the reader has read the old rows");

        await hosts.Operations(new NumberTable()).RebuildTenant("tests.numbers", Acme, Ct);
        await hosts.Rebuilt();
        await hosts.Until(() => seen.Count > 1, "the reader has read the new rows");
        await enough.CancelAsync();
        await reading;

        Assert.Equal(new[] { live, spoilt }.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));

        async Task<string> Rows() => (await hosts.Query<string>(
            "select string_agg(r::text, '; ' order by tenant_id) from (select tenant_id, count(*), sum(number) from tests.numbers group by 1) r"))[0];

        async Task Read()
        {
            while (!enough.IsCancellationRequested)
            {
                seen.Add(await Rows());
            }
        }
    }

    [Fact, Behaviour(37)]
    public async Task The_rebuild_of_a_tenant_includes_what_is_appended_meanwhile()
    {
        await using var hosts = await NewHosts();
        var streams = await Fill(hosts);
        var operations = hosts.Operations(ReadModels);
        var runner = await hosts.Run(ReadModels);
        await hosts.CaughtUp(runner);
        await operations.RebuildAll(tenantId: Acme, ct: Ct);

        // Some of it before the rows change places, some after, and some at that very moment.
        var rebuilt = hosts.Rebuilt();
        for (var number = 1; number <= 40 || !rebuilt.IsCompleted; number++)
        {
            await hosts.Append(streams[number % streams.Length], new Counted(1), new Noted("meanwhile"));
        }

        await rebuilt;
        await hosts.CaughtUp(runner);
        var (views, numbers) = (await hosts.AllViews(), await hosts.AllNumbers());
        Assert.DoesNotContain("\"inOrder\": false", string.Concat(views), StringComparison.Ordinal);

        // Nobody appends now, so that of everything must give the same.
        await operations.RebuildAll(ct: Ct);
        await hosts.Rebuilt();
        Assert.Equal(views, await hosts.AllViews());
        Assert.Equal(numbers, await hosts.AllNumbers());
    }

    [Fact, Behaviour(37)]
    public async Task A_second_rebuild_of_the_projection_is_refused_while_a_tenant_is_rebuilt_and_the_other_way_round()
    {
        await using var hosts = await NewHosts();
        var operations = hosts.Operations(new TallyViews());
        var runner = await hosts.Run(new TallyViews());
        await Fill(hosts);
        await hosts.CaughtUp(runner);
        await runner.StopAsync(Ct);

        await operations.RebuildTenant("tests.tallies", Acme, Ct);
        Assert.Equal((Acme, 1, 20L * 4), await Progress());
        await Refused(() => operations.Rebuild("tests.tallies", Ct));
        await Refused(() => operations.RebuildTenant("tests.tallies", Acme, Ct));
        await Refused(() => operations.RebuildTenant("tests.tallies", Globex, Ct));
        Assert.Empty(await operations.RebuildAll(ct: Ct));
        Assert.True(await operations.CancelRebuild("tests.tallies", Ct));

        await operations.Rebuild("tests.tallies", Ct);
        await Refused(() => operations.RebuildTenant("tests.tallies", Acme, Ct));

        async Task<(string?, int, long)> Progress()
        {
            var progress = Assert.Single(await operations.Rebuilds(ct: Ct));
            return (progress.TenantId, progress.Shards, progress.EventsTotal);
        }

        static async Task Refused(Func<Task> rebuild) => Assert.Equal("rebuild_running", (await Assert.ThrowsAsync<RebuildRunningException>(rebuild)).Code);
    }

    [Fact, Behaviour(37)]
    public async Task The_rebuild_of_a_tenant_goes_on_where_it_was_when_its_host_died()
    {
        await using var hosts = await NewHosts();
        await Fill(hosts);
        var first = await hosts.Run(new TallyViews());
        await hosts.CaughtUp(first);
        var live = await hosts.AllViews();
        await first.StopAsync(Ct);
        await hosts.Execute($"update views set data = jsonb_set(data, '{{sum}}', '0') where tenant_id = '{Acme}'");
        var operations = hosts.Operations(new TallyViews());
        await operations.RebuildTenant("tests.tallies", Acme, Ct);

        // It stores each event by itself, and dies over the thirtieth.
        var oneByOne = ProjectionHosts.Quick;
        oneByOne.MaxBatchEvents = 1;
        using var dead = new ManualResetEventSlim();
        var (taken, dying) = (0, new TaskCompletionSource());
        var second = await hosts.Start(new() { Options = oneByOne, BehindRelay = true }, new TallyViews { Fails = Dies });
        await dying.Task.WaitAsync(ProjectionHosts.Patience, Ct);
        await second.Kill();
        dead.Set();
        var done = (await operations.Rebuilds("tests.tallies", Ct))[0].Events;

        await hosts.Run(new TallyViews());
        await hosts.Rebuilt();

        Assert.InRange(done, 20, 30);
        Assert.Equal(live, await hosts.AllViews());

        bool Dies(EventEnvelope envelope)
        {
            Assert.Equal(Acme, envelope.TenantId);
            if (Interlocked.Increment(ref taken) >= 30)
            {
                dying.TrySetResult();
                dead.Wait(Ct);
            }

            return false;
        }
    }

    [Fact, Behaviour(36, 37)]
    public async Task The_rebuild_of_a_tenant_takes_its_parked_events_again_and_leaves_those_of_others_parked()
    {
        await using var hosts = await NewHosts();
        var (mine, mineToo, foreign) = (NewTally(), NewTally(), NewTally(Hooli));
        var views = new TallyViews { Fails = envelope => envelope.Stream == mine || envelope.Stream == foreign };
        var operations = hosts.Operations(new TallyViews());
        var runner = await hosts.Run(views);
        await hosts.Count(mine, 1, 2);
        await hosts.Count(mineToo, 4);
        await hosts.Count(foreign, 8);
        await hosts.CaughtUp(runner);
        Assert.Equal([mine, foreign], (await operations.Parked(ct: Ct)).Select(parked => parked.Stream));

        views.Fails = envelope => envelope.Stream == mineToo;
        await operations.RebuildTenant("tests.tallies", Acme, Ct);
        await hosts.Rebuilt();

        Assert.Equal(3, (await hosts.View<TallyView>(mine))!.Sum);
        Assert.Null(await hosts.View<TallyView>(mineToo));
        Assert.Equal([mineToo, foreign], (await operations.Parked(ct: Ct)).Select(parked => parked.Stream));

        // The owner of the shard knows of both: later events wait behind what was parked by the rebuild, and go where nothing is parked any more.
        views.Fails = _ => false;
        await hosts.Count(mine, 3);
        await hosts.Count(mineToo, 1);
        await hosts.CaughtUp(runner);
        Assert.Equal((6, 1), ((await hosts.View<TallyView>(mine))!.Sum, (await operations.Parked(ct: Ct))[0].Waiting));
        await operations.RetryAll("tests.tallies", Ct);
        await hosts.Until(async () => (await operations.Parked(ct: Ct)).Count == 0, "nothing is parked any more");
        Assert.Equal((5, 8), ((await hosts.View<TallyView>(mineToo))!.Sum, (await hosts.View<TallyView>(foreign))!.Sum));
    }

    [Fact, Behaviour(37)]
    public async Task The_rebuild_of_a_tenant_is_given_up_when_the_tenant_moves_and_goes_on_when_another_does()
    {
        await using var hosts = await NewHosts();
        await Fill(hosts);
        var first = await hosts.Run(new TallyViews());
        await hosts.CaughtUp(first);
        var live = await hosts.AllViews();
        await first.StopAsync(Ct);
        await hosts.Execute($"update views set data = jsonb_set(data, '{{sum}}', '0') where tenant_id = '{Acme}'");
        var operations = hosts.Operations(new TallyViews());
        await operations.RebuildTenant("tests.tallies", Acme, Ct);

        await hosts.Store.Store.Tenants.Move(Hooli, TenantPlacement.Dedicated, Ct);
        await hosts.Run(new TallyViews());
        await hosts.Rebuilt();
        Assert.Equal(live, await hosts.AllViews());

        await hosts.Execute($"update views set data = jsonb_set(data, '{{sum}}', '0') where tenant_id = '{Acme}'");
        var spoilt = await hosts.AllViews();
        var second = await hosts.Run(new TallyViews());
        await operations.RebuildTenant("tests.tallies", Acme, Ct);
        await operations.PauseRebuild("tests.tallies", Ct);
        await hosts.Store.Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct);
        await operations.ResumeRebuild("tests.tallies", Ct);
        await hosts.Rebuilt();
        await hosts.CaughtUp(second);
        Assert.Contains(await hosts.AllViews(), (List<List<string>>)[spoilt, live]);
        await operations.RebuildTenant("tests.tallies", Acme, Ct);
        await hosts.Rebuilt();
        Assert.Equal(live, await hosts.AllViews());
    }

    [Fact, Behaviour(40)]
    public async Task A_tenant_is_not_rebuilt_where_its_rows_cannot_be_told_apart_or_are_of_another_version()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(new TallyViews());
        await hosts.CaughtUp(runner);
        await Refused("it is a subscription", new Recorder().Of<Tally>());
        await Refused("it names no TenantColumn", new NumberTable { Owner = null });
        await Refused("it has not run there yet", new WordViews());
        await Refused("its rows are of version 1 and this process has version 2", new TallyViews(version: 2));
        await Assert.ThrowsAsync<UnknownTenantException>(() => hosts.Operations(new TallyViews()).RebuildTenant("tests.tallies", "umbrella", Ct));
        await Assert.ThrowsAsync<UnknownProjectionException>(() => hosts.Operations(new TallyViews()).RebuildTenant("tests.none", Acme, Ct));
        Assert.Empty(await hosts.Operations(new TallyViews()).Rebuilds(ct: Ct));

        async Task Refused(string reason, Projection projection)
        {
            var refused = await Assert.ThrowsAsync<RebuildRefusedException>(() => hosts.Operations(projection).RebuildTenant(projection.Name, Acme, Ct));
            Assert.Equal("rebuild_refused", refused.Code);
            Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        }
    }

    // Twenty tallies of the tenant with four events each, and as many of a tenant in the same shard and of one in another.
    private static async Task<StreamId[]> Fill(ProjectionHosts hosts)
    {
        var streams = Enumerable.Range(0, 20).Select(_ => NewTally()).ToArray();
        foreach (var stream in streams)
        {
            await hosts.Append(stream, new Counted(1), new Noted("green red"), new Counted(2));
            await hosts.Append(stream with { TenantId = Hooli }, new Counted(3), new Noted("green"));
            await hosts.Count(stream with { TenantId = Globex }, 5);
        }

        foreach (var stream in streams)
        {
            await hosts.Append(stream, new Noted("green"));
        }

        return streams;
    }
}
