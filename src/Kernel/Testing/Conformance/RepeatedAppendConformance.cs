using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>A writer that lost the answer repeats its append: stored once, whatever happened to the first try.</summary>
public abstract class RepeatedAppendConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(12)]
    public async Task The_same_events_at_the_same_expected_version_succeed_again_without_a_duplicate()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var first = Counts(1, 3);
        var second = Counts(4, 5);

        var created = await store.Append(stream, ExpectedVersion.None, first, Ct);
        Assert.Equal(created, await store.Append(stream, ExpectedVersion.None, first, Ct));
        var appended = await store.Append(stream, ExpectedVersion.Exactly(3), second, Ct);
        Assert.Equal(appended, await store.Append(stream, ExpectedVersion.Exactly(3), second, Ct));

        // Still where they were put, although others stand behind them.
        Assert.Equal(created, await store.Append(stream, ExpectedVersion.None, first, Ct));
        Assert.Equal([1, 2, 3, 4, 5], await store.Numbers(stream, Ct));
        Assert.Equal(5, await store.CountStored(Ct));
    }

    [Fact, Behaviour(12)]
    public async Task A_prefix_of_a_stored_batch_succeeds_and_returns_its_own_version_and_position()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var events = Counts(1, 4);
        await store.Append(stream, ExpectedVersion.None, events, Ct);

        var prefix = await store.Append(stream, ExpectedVersion.None, events[..2], Ct);

        Assert.Equal(2, prefix.Version);
        Assert.Equal((await store.Read(stream, StreamRange.All, Ct))[1].Position, prefix.Position);
        Assert.Equal(4, await store.CountStored(Ct));
    }

    [Fact, Behaviour(12)]
    public async Task Stored_events_with_a_new_one_among_them_conflict()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var stored = Counts(1, 3);
        var added = Counts(4, 4);
        await store.Append(stream, ExpectedVersion.None, stored, Ct);

        foreach (var events in (NewEvent[][])
            [
                [.. stored, .. added],
                [stored[0], added[0]],
                [stored[0], added[0], stored[2]],
                [added[0], .. stored[1..]],
                [stored[1], stored[0]],
                stored[1..],
            ])
        {
            Assert.Equal(3, (await Assert.ThrowsAsync<ConcurrencyException>(() => store.Append(stream, ExpectedVersion.None, events, Ct))).Actual);
        }

        Assert.Equal([1, 2, 3], await store.Numbers(stream, Ct));
    }

    [Fact, Behaviour(12)]
    public async Task The_same_events_at_another_version_or_in_another_stream_are_not_a_repeat()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var events = Counts(1, 2);
        await store.Append(stream, ExpectedVersion.None, events, Ct);

        await Assert.ThrowsAsync<ConcurrencyException>(() => store.Append(stream, ExpectedVersion.Exactly(1), events, Ct));
        Assert.Equal(2, (await store.Append(stream with { TenantId = Hooli }, ExpectedVersion.None, events, Ct)).Version);
        Assert.Equal(2, (await store.Append(NewTally(), ExpectedVersion.None, events, Ct)).Version);
    }

    [Fact, Behaviour(12)]
    public async Task Repeats_at_once_all_get_the_same_answer_and_store_one_copy()
    {
        await using var store = await NewStore();
        ConformanceStore[] hosts = [store, store.AnotherHost()];
        for (var round = 0; round < 10; round++)
        {
            var stream = NewTally();
            var events = Counts(1, 3);

            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(index =>
                Task.Run(() => hosts[index % 2].Append(stream, ExpectedVersion.None, events, Ct))));

            Assert.Equal(3, Assert.Single(answers.Distinct()).Version);
            Assert.Equal([1, 2, 3], await store.Numbers(stream, Ct));
        }
    }

    [Fact, Behaviour(12)]
    public async Task A_repeat_while_the_first_try_is_still_on_its_way_waits_for_it_and_succeeds()
    {
        await using var store = await NewStore();
        var member = NewMember();
        var append = new AppendRequest(member, ExpectedVersion.None, [NewEvent.Of(new Joined("ann@example.org")), NewEvent.Of(new Moved("bob@example.org"))])
        {
            Claims = new([new("email", "bob@example.org")], []),
        };

        // Another holds the claim in an open transaction, so that the first try waits with its events written and not committed.
        await using var other = await store.BeginAppend(Ct);
        await other.Execute(
            $"insert into eventstore.claims (tenant_id, aggregate_type, name, value, aggregate_id) values ('acme', 'member', 'email', 'bob@example.org', '{Guid.CreateVersion7()}')", Ct);
        var first = store.Store.Append(append, Ct);
        await store.UntilBlocked(1, Ct);
        var repeat = store.AnotherHost().Store.Append(append, Ct);
        await store.UntilBlocked(2, Ct);
        await other.Rollback(Ct);

        Assert.Equal(await first, await repeat);
        Assert.Equal(2, await store.CountStored(Ct));
    }
}
