using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;

namespace Monolith.EventStore.Tests;

/// <summary>What <see cref="AggregateRepository{TAggregate}"/> adds to a store, on a real one.</summary>
public sealed class RepositoryTests(PostgresFixture postgres) : ConformanceTests(postgres), IAsyncLifetime
{
    private static readonly EventMetadata Metadata = new() { UserId = "ada", CorrelationId = "c-1", Command = "Count" };

    private ConformanceStore store = null!;
    private AggregateRepository<Tally> tallies = null!;

    public async ValueTask InitializeAsync()
    {
        store = await NewStore();
        tallies = new(store.Store, ConformanceStore.DefaultModel);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Dispose();
    }

    [Fact]
    public async Task What_was_saved_is_loaded_with_its_state_and_version()
    {
        using var context = Begin();
        var saved = await tallies.Save(Counted(3, 4), Ct);

        var loaded = await tallies.Load(saved.Id, ct: Ct);

        Assert.Equal((2, 2, 7), (saved.Version, loaded.Version, loaded.State.Sum));
        Assert.Equal(saved.Position, (await store.FeedPositions(Ct))[^1]);
        Assert.Empty(loaded.UncommittedEvents);
    }

    [Fact]
    public async Task What_does_not_exist_is_null_to_find_and_an_error_to_load_or_update()
    {
        using var context = Begin();
        var id = Guid.CreateVersion7();

        Assert.Null(await tallies.Find(id, ct: Ct));
        var error = await Assert.ThrowsAsync<AggregateNotFoundException>(() => tallies.Load(id, ct: Ct));
        Assert.Equal((new StreamId(ConformanceStore.Acme, "tally", id), "not_found"), (error.Stream, error.Code));
        await Assert.ThrowsAsync<AggregateNotFoundException>(() => tallies.Update(id, _ => Assert.Fail("There is nothing to decide on."), ct: Ct));
    }

    [Fact]
    public async Task An_aggregate_can_be_loaded_as_it_was_but_not_before_it_was()
    {
        using var context = Begin();
        var before = DateTimeOffset.UtcNow.AddMinutes(-1);
        var saved = await tallies.Save(Counted(3, 4), Ct);

        Assert.Equal(3, (await tallies.Load(saved.Id, AsOf.Version(1), Ct)).State.Sum);
        Assert.Null(await tallies.Find(saved.Id, AsOf.Time(before), Ct));
        var error = await Assert.ThrowsAsync<AggregateNotFoundException>(() => tallies.Load(saved.Id, AsOf.Time(before), Ct));
        Assert.Contains("as of", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_aggregate_of_another_tenant_does_not_exist()
    {
        Guid id;
        using (Begin())
        {
            id = (await tallies.Save(Counted(3), Ct)).Id;
        }

        using (Begin(ConformanceStore.Globex))
        {
            Assert.Null(await tallies.Find(id, ct: Ct));
        }
    }

    [Fact]
    public async Task Without_an_operation_nothing_is_loaded_or_saved()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => tallies.Find(Guid.CreateVersion7(), ct: Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => tallies.Save(Counted(3), Ct));
    }

    [Fact]
    public async Task The_metadata_of_the_operation_is_stored_with_each_event()
    {
        using var context = Begin();
        var saved = await tallies.Save(Counted(3, 4), Ct);

        var events = await store.Read(new(ConformanceStore.Acme, "tally", saved.Id), StreamRange.All, Ct);

        Assert.All(events, stored => Assert.Equal(Metadata, stored.Metadata));
    }

    [Fact]
    public async Task An_empty_decision_is_success_and_stores_nothing()
    {
        using var context = Begin();
        var unborn = new Tally(Guid.CreateVersion7());
        var saved = await tallies.Save(Counted(3), Ct);

        Assert.Equal(new Saved(unborn.Id, 0, 0), await tallies.Save(unborn, Ct));
        Assert.Equal(new Saved(saved.Id, 1, 0), await tallies.Update(saved.Id, _ => { }, requiredVersion: 1, Ct));
        Assert.Equal(1, await store.CountStored(Ct));
    }

    [Fact]
    public async Task The_same_instance_can_go_on_after_a_save()
    {
        using var context = Begin();
        var tally = Counted(3);
        await tallies.Save(tally, Ct);
        tally.Count(4);

        Assert.Equal(2, (await tallies.Save(tally, Ct)).Version);
        Assert.Equal([3L, 4L], await store.Numbers(new(ConformanceStore.Acme, "tally", tally.Id), Ct));
    }

    [Fact]
    public async Task A_second_aggregate_of_one_id_conflicts_and_keeps_its_events()
    {
        using var context = Begin();
        var first = Counted(3);
        await tallies.Save(first, Ct);
        var second = new Tally(first.Id);
        second.Count(4);

        var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => tallies.Save(second, Ct));

        Assert.Equal((ExpectedVersion.None, 1), (conflict.Expected, conflict.Actual));
        Assert.Single(second.UncommittedEvents);
    }

    [Fact]
    public async Task An_update_that_lost_a_race_decides_anew_on_what_the_winner_left()
    {
        using var context = Begin();
        var id = (await tallies.Save(Counted(1), Ct)).Id;
        var seen = new List<long>();

        var saved = await tallies.Update(id, tally =>
        {
            seen.Add(tally.State.Sum);
            if (seen.Count <= 2)
            {
                Interfere(id);
            }

            tally.Count(100 - tally.State.Sum);
        }, ct: Ct);

        Assert.Equal([1, 1001, 2001], seen);
        Assert.Equal(4, saved.Version);
        Assert.Equal(100, (await tallies.Load(id, ct: Ct)).State.Sum);
    }

    [Fact]
    public async Task An_update_that_loses_every_race_ends_with_the_conflict()
    {
        using var context = Begin();
        var id = (await tallies.Save(Counted(1), Ct)).Id;
        var decisions = 0;

        await Assert.ThrowsAsync<ConcurrencyException>(() => tallies.Update(id, tally =>
        {
            decisions++;
            Interfere(id);
            tally.Count(5);
        }, ct: Ct));

        Assert.Equal(AggregateRepository<Tally>.MaxAttempts, decisions);
        Assert.DoesNotContain(5, await store.Numbers(new(ConformanceStore.Acme, "tally", id), Ct));
    }

    [Fact]
    public async Task An_update_stops_between_attempts_when_it_is_cancelled()
    {
        using var context = Begin();
        using var cancel = new CancellationTokenSource();
        var id = (await tallies.Save(Counted(1), Ct)).Id;
        var decisions = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tallies.Update(id, tally =>
        {
            decisions++;
            Interfere(id);
            tally.Count(5);
            cancel.Cancel();
        }, ct: cancel.Token));

        Assert.Equal(1, decisions);
    }

    [Fact]
    public async Task A_required_version_is_met_or_refused_before_anything_is_decided()
    {
        using var context = Begin();
        var id = (await tallies.Save(Counted(1, 2), Ct)).Id;

        var mismatch = await Assert.ThrowsAsync<VersionMismatchException>(() => tallies.Update(id, _ => Assert.Fail("Nothing to decide."), requiredVersion: 1, Ct));

        Assert.Equal((1, 2, "version_mismatch"), (mismatch.Required, mismatch.Actual, mismatch.Code));
        Assert.Equal(3, (await tallies.Update(id, tally => tally.Count(3), requiredVersion: 2, Ct)).Version);
    }

    [Fact]
    public async Task A_required_version_that_is_overtaken_is_refused_and_not_decided_again()
    {
        using var context = Begin();
        var id = (await tallies.Save(Counted(1), Ct)).Id;
        var decisions = 0;

        var mismatch = await Assert.ThrowsAsync<VersionMismatchException>(() => tallies.Update(id, tally =>
        {
            decisions++;
            Interfere(id);
            tally.Count(5);
        }, requiredVersion: 1, Ct));

        Assert.Equal((1, 2, 1), (mismatch.Required, mismatch.Actual, decisions));
        Assert.IsType<ConcurrencyException>(mismatch.InnerException);
    }

    [Fact]
    public async Task A_refused_decision_is_not_repeated_and_stores_nothing()
    {
        using var context = Begin();
        var id = (await tallies.Save(Counted(1), Ct)).Id;
        var decisions = 0;

        await Assert.ThrowsAsync<RejectedException>(() => tallies.Update(id, tally =>
        {
            decisions++;
            tally.Count(2);
            throw new RejectedException(new("enough", "Enough is counted."));
        }, ct: Ct));

        Assert.Equal((1, 1L), (decisions, await store.CountStored(Ct)));
    }

    private static IDisposable Begin(string tenant = ConformanceStore.Acme) => new OperationContext(tenant, Metadata).Begin();

    private static Tally Counted(params long[] numbers)
    {
        var tally = new Tally(Guid.CreateVersion7());
        Array.ForEach(numbers, tally.Count);
        return tally;
    }

    // Somebody else writes, in the middle of a decision.
    private void Interfere(Guid id) => Task
        .Run(() => store.Append(new(ConformanceStore.Acme, "tally", id), ExpectedVersion.Any, [NewEvent.Of(new Counted(1000))], Ct))
        .GetAwaiter()
        .GetResult();
}
