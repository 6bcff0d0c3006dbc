using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>A read model is compared with what its events give, while it is written and without anybody noticing.</summary>
public abstract class VerificationConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private static Projection[] ReadModels => [new TallyViews(), new WordViews(), new NumberTable()];

    [Fact, Behaviour(37)]
    public async Task A_read_model_that_is_what_its_events_give_has_no_differences()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(ReadModels);
        var streams = await Fill(hosts);
        await hosts.Store.Store.Archive(streams[0], ExpectedVersion.Any, Ct);
        await hosts.CaughtUp(runner);

        foreach (var (projection, rows) in new[] { ("tests.tallies", 20L), ("tests.words", 3L), ("tests.numbers", 30L) })
        {
            var report = await hosts.Operations(ReadModels).Verify(projection, ct: Ct);
            Assert.Equal((rows, 0L, 50L, 1d), (report.Compared, report.Different, report.Events, report.Fraction));
            Assert.Empty(report.Differences);
            Assert.Equal(3, report.Positions.Count);
        }
    }

    [Fact, Behaviour(37)]
    public async Task What_differs_is_reported_by_key_and_member_and_each_aggregate_can_be_mended()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(ReadModels);
        var operations = hosts.Operations(ReadModels);
        StreamId[] streams = [.. (await Fill(hosts)).OrderBy(stream => stream.TenantId, StringComparer.Ordinal).ThenBy(stream => stream.AggregateId.ToString(), StringComparer.Ordinal)];
        await hosts.CaughtUp(runner);
        var (views, numbers) = (await hosts.AllViews(), await hosts.AllNumbers());
        var (changed, missing, surplus) = (streams[0], streams[1], Guid.CreateVersion7());
        await hosts.Execute(
            $"""
            update views set data = jsonb_set(data, '{"{sum}"}', '77') where view = 'TallyView' and id = '{changed.AggregateId}';
            delete from views where view = 'TallyView' and id = '{missing.AggregateId}';
            insert into views select view, tenant_id, '{surplus}', jsonb_set(data, '{"{id}"}', '"{surplus}"') from views where id = '{changed.AggregateId}';
            update tests.numbers set number = 78 where tally_id = '{changed.AggregateId}' and number = 1;
            delete from tests.numbers where tally_id = '{missing.AggregateId}' and number = 2
            """);

        var report = await operations.Verify("tests.tallies", ct: Ct);
        Assert.Equal((21L, 3L), (report.Compared, report.Different));
        var different = Assert.Single(report.Differences, difference => difference.Kind == DifferenceKind.Different);
        Assert.Equal((changed.TenantId, changed.AggregateId), (different.TenantId, different.AggregateId!.Value));
        Assert.Equal([new("sum", "77", "3")], different.Members);
        Assert.Equal(missing.AggregateId, Assert.Single(report.Differences, difference => difference.Kind == DifferenceKind.Missing).AggregateId);
        Assert.Equal(surplus, Assert.Single(report.Differences, difference => difference.Kind == DifferenceKind.Surplus).AggregateId);
        var ofTable = await operations.Verify("tests.numbers", ct: Ct);
        Assert.Equal(
            [DifferenceKind.Missing, DifferenceKind.Different],
            ofTable.Differences.Select(difference => difference.Kind).Order());
        Assert.Equal(changed.AggregateId, ofTable.Differences.First(difference => difference.Kind == DifferenceKind.Different).AggregateId);

        foreach (var difference in report.Differences)
        {
            await operations.RebuildAggregate("tests.tallies", difference.TenantId!, difference.AggregateId!.Value, Ct);
        }

        foreach (var difference in ofTable.Differences)
        {
            await operations.RebuildAggregate("tests.numbers", difference.TenantId!, difference.AggregateId!.Value, Ct);
        }

        Assert.Equal(views, await hosts.AllViews());
        Assert.Equal(numbers, await hosts.AllNumbers());
        Assert.Equal(0, (await operations.Verify("tests.tallies", ct: Ct)).Different);
    }

    [Fact]
    public async Task Only_so_many_differences_are_listed_and_all_are_counted()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(ReadModels);
        await Fill(hosts);
        await hosts.CaughtUp(runner);
        await hosts.Execute("update views set data = jsonb_set(data, '{uses}', '0') where view = 'WordView'; update tests.numbers set number = 0");

        var words = await hosts.Operations(ReadModels).Verify("tests.words", new() { MaxDifferences = 2 }, ct: Ct);
        var numbers = await hosts.Operations(ReadModels).Verify("tests.numbers", new() { MaxDifferences = 2 }, ct: Ct);

        Assert.Equal((3, 2), (words.Different, words.Differences.Count));
        Assert.All(words.Differences, difference => Assert.Null(difference.AggregateId));
        Assert.Equal((30, 2), (numbers.Different, numbers.Differences.Count));
    }

    [Theory]
    [InlineData("tests.tallies")]
    [InlineData("tests.numbers")]
    [InlineData("tests.words")]
    public async Task A_sample_is_chosen_by_its_seed_and_finds_what_differs_in_it_only(string projection)
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(ReadModels);
        foreach (var stream in await Fill(hosts, tallies: 60))
        {
            await hosts.Append(stream, new Noted(stream.AggregateId.ToString()));
        }

        await hosts.CaughtUp(runner);
        await hosts.Execute("update views set data = jsonb_set(data, '{sum}', '0') || '{\"uses\": 0}'; update tests.numbers set number = 0");
        var operations = hosts.Operations(ReadModels);

        var all = await operations.Verify(projection, new() { MaxDifferences = 10_000 }, ct: Ct);
        var sample = await operations.Verify(projection, new() { Fraction = 0.4, Seed = 7, MaxDifferences = 10_000 }, ct: Ct);
        var again = await operations.Verify(projection, new() { Fraction = 0.4, Seed = 7, MaxDifferences = 10_000 }, ct: Ct);
        var counted = await operations.Verify(projection, new() { Keys = 30, Seed = 8, MaxDifferences = 10_000 }, ct: Ct);

        Assert.Equal(all.Compared, all.Different);
        Assert.Equal(sample.Differences.Select(difference => difference.Key), again.Differences.Select(difference => difference.Key));
        Assert.Subset(Keys(all), Keys(sample));
        Assert.Equal(sample.Compared, sample.Different);
        Assert.InRange(sample.Compared, 1, all.Compared - 1);
        Assert.InRange(counted.Compared, 1, all.Compared - 1);
        Assert.NotEqual(Keys(sample), Keys(counted));
        Assert.True(projection == "tests.words" || sample.Events < all.Events, "where an aggregate has rows of its own, only the events of the sample are read");

        static HashSet<string> Keys(VerificationReport report) => [.. report.Differences.Select(difference => difference.Key)];
    }

    [Fact, Behaviour(37)]
    public async Task Appends_meanwhile_make_no_difference()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(ReadModels);
        var streams = await Fill(hosts);
        await hosts.CaughtUp(runner);
        using var enough = new CancellationTokenSource();
        var appending = Append();

        var reports = new List<VerificationReport>();
        for (var round = 0; round < 9; round++)
        {
            reports.Add(await hosts.Operations(ReadModels).Verify(ReadModels[round % 3].Name, ct: Ct));
        }

        await enough.CancelAsync();
        await appending;
        Assert.All(reports, report => Assert.Empty(report.Differences));
        Assert.True(reports[^1].Events > reports[0].Events, "events came in between");

        async Task Append()
        {
            for (var number = 0; !enough.IsCancellationRequested; number++)
            {
                await hosts.Append(streams[number % streams.Length], new Counted(number % 900), new Noted("meanwhile"));
            }
        }
    }

    [Fact, Behaviour(34)]
    public async Task Views_that_appends_write_are_verified_while_they_do_and_are_not_rebuilt_in_part()
    {
        await using var hosts = await NewHosts();
        var (stream, views) = (NewTally(), new TallyViews(isInline: true));
        var operations = hosts.Operations(new TallyViews(isInline: true));
        var host = await hosts.Start(new(), views);
        await hosts.Until(async () => await hosts.Query<bool>("select coalesce(bool_and(inline), false) from eventstore.projection_checkpoints") is [true], "appends write them");
        using var enough = new CancellationTokenSource();
        var appending = Task.WhenAll(Append(stream), Append(NewTally(Globex)));

        for (var round = 0; round < 5; round++)
        {
            Assert.Empty((await operations.Verify("tests.tallies", ct: Ct)).Differences);
        }

        await enough.CancelAsync();
        await appending;
        await hosts.Execute($"update views set data = jsonb_set(data, '{"{sum}"}', '0') where id = '{stream.AggregateId}'");
        var report = await operations.Verify("tests.tallies", ct: Ct);
        Assert.Equal((2L, 1L), (report.Compared, report.Different));
        await Assert.ThrowsAsync<RebuildRefusedException>(() => operations.RebuildAggregate("tests.tallies", Acme, stream.AggregateId, Ct));
        await Assert.ThrowsAsync<RebuildRefusedException>(() => operations.RebuildTenant("tests.tallies", Acme, Ct));

        async Task Append(StreamId to)
        {
            do
            {
                await host.Store.Append(new(to, ExpectedVersion.Any, [NewEvent.Of(new Counted(1)), NewEvent.Of(new Noted("inline"))]), Ct);
            }
            while (!enough.IsCancellationRequested);
        }
    }

    [Fact, Behaviour(36)]
    public async Task What_is_parked_or_was_skipped_is_no_difference()
    {
        await using var hosts = await NewHosts();
        var (parked, skipped) = (NewTally(), NewTally());
        var views = new TallyViews { Fails = envelope => envelope is { Event: Counted { Number: 13 } } };
        var operations = hosts.Operations(new TallyViews());
        var runner = await hosts.Run(views);
        await Fill(hosts);
        await hosts.Count(parked, 1, 13, 2);
        await hosts.Count(skipped, 1, 13, 2);
        await hosts.CaughtUp(runner);
        await operations.Skip("tests.tallies", (await operations.Parked(ct: Ct)).Single(one => one.Stream == skipped).Position, "It is poison.", "a test", Ct);
        await hosts.Until(async () => (await operations.Parked(ct: Ct)).Count == 1, "it is skipped");

        var report = await operations.Verify("tests.tallies", ct: Ct);

        Assert.Equal((22L, 0L), (report.Compared, report.Different));
    }

    [Fact, Behaviour(40)]
    public async Task What_has_no_rows_or_rows_of_another_version_is_not_verified()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(new TallyViews());
        await hosts.CaughtUp(runner);

        await Refused("it is a subscription", new Recorder().Of<Tally>());
        await Refused("it has not run yet", new NumberTable());
        await Refused("its rows are of version 1 and this process has version 2", new TallyViews(version: 2));
        await Assert.ThrowsAsync<UnknownProjectionException>(() => hosts.Operations(new TallyViews()).Verify("tests.none", ct: Ct));
        await Assert.ThrowsAsync<ArgumentException>(() => hosts.Operations(new TallyViews()).Verify("tests.tallies", new() { Fraction = 1.1 }, ct: Ct));

        async Task Refused(string reason, Projection projection)
        {
            var refused = await Assert.ThrowsAsync<VerificationRefusedException>(() => hosts.Operations(projection).Verify(projection.Name, ct: Ct));
            Assert.Equal("verification_refused", refused.Code);
            Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        }
    }

    // Five events and three numbers for every two tallies, in two tenants; the notes have three words.
    private static async Task<StreamId[]> Fill(ProjectionHosts hosts, int tallies = 20)
    {
        StreamId[] streams = [.. Enumerable.Range(0, tallies).Select(number => NewTally(number % 2 == 0 ? Acme : Globex))];
        foreach (var stream in streams)
        {
            await (stream.TenantId == Acme
                ? hosts.Append(stream, new Counted(1), new Noted("green red"), new Counted(2))
                : hosts.Append(stream, new Noted("green"), new Counted(5)));
        }

        return streams;
    }
}
