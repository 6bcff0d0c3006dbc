using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Which events of a stream are read, and in which order.</summary>
public abstract class ReadConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(14)]
    public async Task A_stream_is_read_from_and_to_a_version_with_a_limit_and_backward_is_the_exact_reverse()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 12), Ct);
        await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 12), Ct);
        var all = await store.Read(stream, StreamRange.All, Ct);
        Assert.Equal(12, all.Count);

        foreach (var (from, to) in (List<(long, long)>)[(1, long.MaxValue), (1, 12), (4, 9), (5, 5), (12, 12), (13, 20), (9, 4), (0, 3), (-7, 2), (long.MinValue, long.MaxValue)])
        {
            foreach (var limit in (int[])[int.MaxValue, 12, 5, 1, 0])
            {
                var range = new StreamRange { FromVersion = from, ToVersion = to, Limit = limit };
                var within = all.Where(e => e.Version >= from && e.Version <= to).ToList();
                Assert.Equal(within.Take(limit), await store.Read(stream, range, Ct));
                Assert.Equal(within.AsEnumerable().Reverse().Take(limit), await store.Read(stream, range with { Backward = true }, Ct));
            }
        }
    }

    [Fact, Behaviour(14)]
    public async Task Past_the_end_and_of_a_missing_stream_there_is_nothing()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 3), Ct);

        foreach (var backward in (bool[])[false, true])
        {
            Assert.Empty(await store.Read(stream, new() { FromVersion = 4, Backward = backward }, Ct));
            Assert.Empty(await store.Read(NewTally(), new() { Backward = backward }, Ct));
            Assert.Empty(await store.Read(stream with { AggregateType = "order" }, new() { Backward = backward }, Ct));
        }
    }

    [Fact, Behaviour(14)]
    public async Task A_stream_is_read_as_of_a_time_that_counts_too()
    {
        var clock = new SetClock();
        await using var store = await NewStore(new() { Time = clock });
        var stream = NewTally();
        var times = new List<DateTimeOffset>();
        for (var version = 1; version <= 5; version++)
        {
            times.Add(clock.Now);
            await store.Append(stream, ExpectedVersion.Exactly(version - 1), Counts(version, version), Ct);
            clock.Advance(TimeSpan.FromMicroseconds(1));
        }

        for (var version = 1; version <= 5; version++)
        {
            var until = times[version - 1];
            Assert.Equal(version, (await store.Read(stream, new() { Until = until }, Ct)).Count);
            Assert.Equal(version, (await store.Read(stream, new() { Until = until.ToOffset(TimeSpan.FromHours(-8)), Backward = true, Limit = 1 }, Ct))[0].Version);
            Assert.Equal(version, (await store.Store.Load<TallyState>(stream, AsOf.Time(until), Ct)).Version);
        }

        Assert.Empty(await store.Read(stream, new() { Until = times[0].AddTicks(-10) }, Ct));
        Assert.Equal(0, (await store.Store.Load<TallyState>(stream, AsOf.Time(times[0].AddTicks(-10)), Ct)).Version);
    }

    [Fact, Behaviour(14)]
    public async Task Time_never_runs_backward_within_a_stream_whatever_the_clock_says()
    {
        var clock = new SetClock();
        await using var store = await NewStore(new() { Time = clock });
        var stream = NewTally();
        var first = clock.Now;
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);
        clock.Advance(TimeSpan.FromHours(-1));
        await store.Append(stream, ExpectedVersion.Exactly(1), Counts(2, 2), Ct);
        clock.Advance(TimeSpan.FromHours(2));
        await store.Append(stream, ExpectedVersion.Exactly(2), Counts(3, 3), Ct);

        Assert.Equal([first, first, first.AddHours(1)], (await store.Read(stream, StreamRange.All, Ct)).Select(e => e.RecordedAt));
        Assert.Equal(2, (await store.Store.Load<TallyState>(stream, AsOf.Time(first), Ct)).Version);
    }

    [Fact, Behaviour(14)]
    public async Task A_reader_that_stops_early_leaves_the_store_in_order()
    {
        await using var store = await NewStore(new() { Connect = connection => connection.MaxPoolSize = 2 });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 500), Ct);

        for (var round = 0; round < 10; round++)
        {
            await foreach (var envelope in store.Store.Read(stream, StreamRange.All, Ct))
            {
                if (envelope.Version == 3)
                {
                    break;
                }
            }
        }

        Assert.Equal(501, (await store.Append(stream, ExpectedVersion.Exactly(500), Counts(501, 501), Ct)).Version);
    }

    [Fact, Behaviour(14)]
    public async Task A_state_is_loaded_as_it_is_and_as_it_was_at_every_version()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 10), Ct);

        for (var version = 1; version <= 12; version++)
        {
            var loaded = await store.Store.Load<TallyState>(stream, AsOf.Version(version), Ct);
            var reached = Math.Min(version, 10);
            Assert.Equal((reached, reached, reached * (reached + 1) / 2), (loaded.Version, loaded.State.Events, loaded.State.Sum));
        }

        Assert.Equal(55, (await store.Store.Load<TallyState>(stream, ct: Ct)).State.Sum);
    }

    [Fact, Behaviour(14)]
    public async Task The_repository_says_that_an_aggregate_is_not_there_or_was_not_there_then()
    {
        await using var store = await NewStore();
        var tallies = new AggregateRepository<Tally>(store.Store, DefaultModel);
        using var context = new OperationContext(Acme, EventMetadata.Empty).Begin();
        var tally = new Tally(Guid.CreateVersion7());
        tally.Count(7);
        var before = DateTimeOffset.UtcNow.AddMinutes(-1);
        await tallies.Save(tally, Ct);

        Assert.Equal("not_found", (await Assert.ThrowsAsync<AggregateNotFoundException>(() => tallies.Load(Guid.CreateVersion7(), ct: Ct))).Code);
        await Assert.ThrowsAsync<AggregateNotFoundException>(() => tallies.Load(tally.Id, AsOf.Time(before), Ct));
        Assert.Null(await tallies.Find(tally.Id, AsOf.Time(before), Ct));
        Assert.Equal(7, (await tallies.Load(tally.Id, AsOf.Version(1), Ct)).State.Sum);
    }
}
