using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Appends that meet: who wins, in which order, and that nothing is lost.</summary>
public abstract class ConcurrentAppendConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(5)]
    public async Task Of_two_appends_at_the_same_exact_version_at_once_exactly_one_wins()
    {
        await using var store = await NewStore();
        var other = store.AnotherHost();
        for (var round = 0; round < 25; round++)
        {
            var stream = NewTally();
            await store.Append(stream, ExpectedVersion.None, Counts(1, 3), Ct);
            using var barrier = new Barrier(2);
            var outcomes = await Task.WhenAll(Race(store, 10), Race(other, 20));

            Assert.Single(outcomes, won => won);
            Assert.Equal([1, 2, 3, outcomes[0] ? 10 : 20, outcomes[0] ? 11 : 21], await store.Numbers(stream, Ct));

            Task<bool> Race(ConformanceStore host, int number) => Task.Run(async () =>
            {
                barrier.SignalAndWait(Ct);
                try
                {
                    Assert.Equal(5, (await host.Append(stream, ExpectedVersion.Exactly(3), Counts(number, number + 1), Ct)).Version);
                    return true;
                }
                catch (ConcurrencyException conflict)
                {
                    Assert.Equal((3, 5), (conflict.Expected.Value, conflict.Actual));
                    return false;
                }
            });
        }
    }

    [Fact, Behaviour(5)]
    public async Task An_append_that_waited_for_another_conflicts_with_the_version_that_the_other_stored()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);
        await using var other = await store.BeginAppend(Ct);
        await other.Insert(stream, 2, new(100), Ct);

        var append = store.Append(stream, ExpectedVersion.Exactly(1), Counts(2, 4), Ct);
        await store.UntilBlocked(1, Ct);
        await other.Commit(Ct);

        Assert.Equal(2, (await Assert.ThrowsAsync<ConcurrencyException>(() => append)).Actual);
        Assert.Equal([1, 100], await store.Numbers(stream, Ct));
    }

    [Fact, Behaviour(5)]
    public async Task An_append_that_waited_for_another_succeeds_when_the_other_is_undone()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await using var other = await store.BeginAppend(Ct);
        await other.Insert(stream, 1, new(100), Ct);

        var append = store.Append(stream, ExpectedVersion.None, Counts(1, 2), Ct);
        await store.UntilBlocked(1, Ct);
        await other.Rollback(Ct);

        Assert.Equal(2, (await append).Version);
        Assert.Equal([1, 2], await store.Numbers(stream, Ct));
    }

    [Fact, Behaviour(6)]
    public async Task Of_parallel_any_appends_every_acknowledged_event_is_stored_without_a_hole_and_each_writer_keeps_its_order()
    {
        const int Writers = 16, Appends = 15;
        await using var store = await NewStore();
        ConformanceStore[] hosts = [store, store.AnotherHost()];
        var stream = NewTally();

        var acknowledged = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var versions = new List<long>();
            for (var i = 0; i < Appends; i++)
            {
                // One or two events at a time, numbered by writer and turn.
                var first = (writer * 1000) + (i * 2);
                var result = await hosts[writer % 2].Append(stream, ExpectedVersion.Any, Counts(first, first + (i % 2)), Ct);
                versions.Add(result.Version);
            }

            return versions;
        })));

        var numbers = await store.Numbers(stream, Ct);
        Assert.Equal(Writers * (Appends + (Appends / 2)), numbers.Count);
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
        Assert.Equal(Enumerable.Range(1, numbers.Count).Select(version => (long)version), await store.Versions(stream, Ct));
        Assert.All(acknowledged, versions => Assert.Equal(versions.Order(), versions));
        foreach (var ofWriter in numbers.GroupBy(number => number / 1000))
        {
            Assert.Equal(ofWriter.Order(), ofWriter);
        }

        // Both events of a pair stand side by side: the batch of another never comes between.
        foreach (var (number, index) in numbers.Select((number, index) => (number, index)).Where(pair => pair.number % 2 == 1))
        {
            Assert.Equal(number - 1, numbers[index - 1]);
        }
    }

    [Fact, Behaviour(6)]
    public async Task Parallel_writers_that_never_wait_for_an_answer_have_every_event_stored_once()
    {
        const int Streams = 8, Appends = 40;
        await using var store = await NewStore();
        StreamId[] streams = [.. Enumerable.Range(0, Streams).Select(index => NewTally((index % 4) switch { 0 => Acme, 1 => Globex, 2 => Hooli, _ => Initech }))];

        // Issued one after the other without waiting, so that appends to the same stream are on their way at the same time.
        await Task.WhenAll(Enumerable.Range(0, Streams * Appends).Select(i => store.Append(streams[i % Streams], ExpectedVersion.Any, Counts(i, i), Ct)));

        for (var index = 0; index < Streams; index++)
        {
            Assert.Equal(
                Enumerable.Range(0, Appends).Select(turn => (long)((turn * Streams) + index)),
                (await store.Numbers(streams[index], Ct)).Order());
            Assert.Equal(Enumerable.Range(1, Appends).Select(version => (long)version), await store.Versions(streams[index], Ct));
        }

        Assert.Equal(Streams * Appends, (await store.FeedPositions(Ct)).Distinct().Count());
    }

    [Fact, Behaviour(6)]
    public async Task Updates_of_one_aggregate_at_once_all_happen_because_losers_decide_again()
    {
        const int Writers = 4, Updates = 10;
        await using var store = await NewStore();
        var tallies = new AggregateRepository<Tally>(store.Store, DefaultModel);
        using var context = new OperationContext(Acme, EventMetadata.Empty).Begin();
        var tally = new Tally(Guid.CreateVersion7());
        tally.Count(0);
        await tallies.Save(tally, Ct);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Updates; i++)
            {
                await tallies.Update(tally.Id, t => t.Count(1), ct: Ct);
            }
        })));

        var loaded = await tallies.Load(tally.Id, ct: Ct);
        Assert.Equal((1 + (Writers * Updates), Writers * Updates), (loaded.Version, loaded.State.Sum));
    }

    [Fact, Behaviour(6)]
    public async Task Appends_that_wait_for_foreign_transactions_hold_nobody_up_however_many_they_are()
    {
        const int Foreign = 6;
        await using var store = await NewStore();
        StreamId[] streams = [.. Enumerable.Range(0, Foreign).Select(_ => NewTally())];
        var foreign = new List<OpenAppend>();
        foreach (var stream in streams)
        {
            foreign.Add(await store.BeginAppend(Ct));
            await foreign[^1].Insert(stream, 1, new(100), Ct);
        }

        var waiting = streams.Select(stream => store.Append(stream, ExpectedVersion.Any, Counts(1, 1), Ct)).ToList();
        await store.UntilBlocked(Foreign, Ct);
        StreamId[] neighbours = [.. Enumerable.Range(0, 20).Select(_ => NewTally())];
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(neighbours.Select(neighbour => store.Append(neighbour, ExpectedVersion.Exactly(round), Counts(round, round), Ct)));
        }

        Assert.All(waiting, append => Assert.False(append.IsCompleted));
        foreach (var (open, index) in foreign.Select((open, index) => (open, index)))
        {
            await (index % 2 == 0 ? open.Commit(Ct) : open.Rollback(Ct));
            await open.DisposeAsync();
        }

        Assert.Equal([2, 1, 2, 1, 2, 1], (await Task.WhenAll(waiting)).Select(result => result.Version));
    }

    [Fact, Behaviour(6)]
    public async Task A_neighbour_of_an_append_that_waits_goes_on_with_its_own_stream()
    {
        await using var store = await NewStore();
        var (blocked, neighbour) = (NewTally(), NewTally());
        await using var foreign = await store.BeginAppend(Ct);
        await foreign.Insert(blocked, 1, new(100), Ct);

        // Whatever is issued at once may travel together.
        var appends = Enumerable.Range(0, 10).Select(_ => store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct)).ToList();
        var waiting = store.Append(blocked, ExpectedVersion.Any, Counts(1, 1), Ct);
        appends.Add(store.Append(neighbour, ExpectedVersion.None, Counts(1, 1), Ct));
        await Task.WhenAll(appends);

        Assert.Equal(2, (await store.Append(neighbour, ExpectedVersion.Exactly(1), Counts(2, 2), Ct)).Version);
        Assert.False(waiting.IsCompleted);
        await foreign.Commit(Ct);
        Assert.Equal(2, (await waiting).Version);
    }
}
