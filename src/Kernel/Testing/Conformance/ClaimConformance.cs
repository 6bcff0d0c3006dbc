using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Unique keys: taken and given back with the append that causes it, and safe under races.</summary>
public abstract class ClaimConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(13)]
    public async Task A_claim_that_another_aggregate_holds_refuses_the_append_and_nothing_is_stored()
    {
        await using var store = await NewStore();
        await store.Store.Append(Joining(NewMember(), "ann@example.org"), Ct);

        var refused = await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.Append(Joining(NewMember(), "bob@example.org", "ann@example.org"), Ct));

        Assert.Equal(("email_taken", new Claim("email", "ann@example.org"), false), (refused.Code, refused.Claim, refused.IsTransient));
        Assert.Equal(1, await store.CountStored(Ct));
        Assert.Equal(1, await Held(store));
    }

    [Fact, Behaviour(13)]
    public async Task A_claim_that_was_given_back_can_be_taken_by_another()
    {
        await using var store = await NewStore();
        var ann = NewMember();
        await store.Store.Append(Joining(ann, "ann@example.org"), Ct);
        await store.Store.Append(Changing(ann, 1, [], ["ann@example.org"]), Ct);

        Assert.Equal(1, (await store.Store.Append(Joining(NewMember(), "ann@example.org"), Ct)).Version);
        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.Append(Changing(ann, 2, ["ann@example.org"], []), Ct));
    }

    [Fact, Behaviour(13)]
    public async Task A_claim_can_be_exchanged_for_another_in_one_append()
    {
        await using var store = await NewStore();
        var ann = NewMember();
        await store.Store.Append(Joining(ann, "old@example.org"), Ct);

        await store.Store.Append(Changing(ann, 1, ["new@example.org"], ["old@example.org"]), Ct);

        await store.Store.Append(Joining(NewMember(), "old@example.org"), Ct);
        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.Append(Joining(NewMember(), "new@example.org"), Ct));
    }

    [Fact, Behaviour(13)]
    public async Task Nobody_can_give_back_the_claim_of_another()
    {
        await using var store = await NewStore();
        await store.Store.Append(Joining(NewMember(), "ann@example.org"), Ct);

        await store.Store.Append(Changing(NewMember(), 0, [], ["ann@example.org"]), Ct);

        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.Append(Joining(NewMember(), "ann@example.org"), Ct));
    }

    [Fact, Behaviour(13, 40)]
    public async Task Two_tenants_never_collide_and_neither_do_two_aggregate_types()
    {
        await using var store = await NewStore();
        foreach (var tenant in (string[])[Acme, Hooli, Globex, Initech])
        {
            await store.Store.Append(Joining(NewMember(tenant), "ann@example.org"), Ct);
        }

        await store.Store.Append(new(NewTally(), ExpectedVersion.None, Counts(1, 1)) { Claims = new([new("email", "ann@example.org")], []) }, Ct);
        Assert.Equal(5, await Held(store));
    }

    [Fact, Behaviour(13)]
    public async Task Claims_are_compared_byte_by_byte()
    {
        await using var store = await NewStore();

        foreach (var spelling in (string[])["straße", "STRASSE", "Straße", "strasse", "e\u0301", "\u00e9", " x", "x", "x "])
        {
            await store.Store.Append(Joining(NewMember(), spelling), Ct);
            await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.Append(Joining(NewMember(), spelling), Ct));
        }
    }

    [Fact, Behaviour(13)]
    public async Task A_conflict_and_a_repeat_leave_the_claims_as_they_are()
    {
        await using var store = await NewStore();
        var ann = NewMember();
        var join = Joining(ann, "ann@example.org");
        var joined = await store.Store.Append(join, Ct);

        Assert.Equal(joined, await store.Store.Append(join, Ct));
        await Assert.ThrowsAsync<ConcurrencyException>(() => store.Store.Append(Changing(ann, 7, ["new@example.org"], ["ann@example.org"]), Ct));

        Assert.Equal(1, await Held(store));
        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.Append(Joining(NewMember(), "ann@example.org"), Ct));
    }

    [Fact, Behaviour(13)]
    public async Task An_aggregate_may_take_again_what_it_holds_and_name_a_claim_twice()
    {
        await using var store = await NewStore();
        var ann = NewMember();
        await store.Store.Append(Joining(ann, "ann@example.org", "ann@example.org"), Ct);

        Assert.Equal(2, (await store.Store.Append(Changing(ann, 1, ["ann@example.org", "other@example.org"], []), Ct)).Version);

        Assert.Equal(2, await Held(store));
        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.Append(Joining(NewMember(), "ann@example.org"), Ct));
    }

    [Fact, Behaviour(13)]
    public async Task Of_many_that_take_a_claim_at_once_exactly_one_gets_it()
    {
        const int Rivals = 8;
        await using var store = await NewStore();
        ConformanceStore[] hosts = [store, store.AnotherHost()];
        for (var round = 0; round < 10; round++)
        {
            var email = $"round{round}@example.org";

            var outcomes = await Task.WhenAll(Enumerable.Range(0, Rivals).Select(rival => Task.Run(async () =>
            {
                try
                {
                    await hosts[rival % 2].Store.Append(Joining(NewMember(), email), Ct);
                    return true;
                }
                catch (ClaimTakenException)
                {
                    return false;
                }
            })));

            Assert.Single(outcomes, won => won);
            Assert.Equal(round + 1, await store.CountStored(Ct));
        }
    }

    [Fact, Behaviour(13)]
    public async Task A_claim_that_an_undone_append_had_taken_is_free()
    {
        await using var store = await NewStore();
        await using var other = await store.BeginAppend(Ct);
        await other.Execute(
            $"insert into eventstore.claims (tenant_id, aggregate_type, name, value, aggregate_id) values ('acme', 'member', 'email', 'ann@example.org', '{Guid.CreateVersion7()}')", Ct);

        var append = store.Store.Append(Joining(NewMember(), "ann@example.org"), Ct);
        await store.UntilBlocked(1, Ct);
        await other.Rollback(Ct);

        Assert.Equal(1, (await append).Version);
    }

    [Fact, Behaviour(13)]
    public async Task Appends_that_take_the_same_claims_in_another_order_never_deadlock()
    {
        await using var store = await NewStore();
        for (var round = 0; round < 20; round++)
        {
            string[] emails = [.. Enumerable.Range(0, 10).Select(index => $"{round}-{index}@example.org")];

            var won = await Task.WhenAll(Takes(emails), Takes([.. emails.Reverse()]), Takes([.. emails[5..], .. emails[..5]]));

            Assert.Single(won, outcome => outcome);
        }

        async Task<bool> Takes(string[] emails)
        {
            try
            {
                await store.Store.Append(Joining(NewMember(), emails), Ct);
                return true;
            }
            catch (ClaimTakenException)
            {
                return false;
            }
        }
    }

    [Fact, Behaviour(13)]
    public async Task A_claim_that_is_too_long_or_holds_NUL_is_refused_by_a_defined_error()
    {
        await using var store = await NewStore();

        await store.Store.Append(Joining(NewMember(), new string('x', 512), string.Concat(Enumerable.Repeat("🧾", 256))), Ct);
        var tooLong = await Assert.ThrowsAsync<UnstorableEventException>(() => store.Store.Append(Joining(NewMember(), new string('x', 513)), Ct));
        var nul = await Assert.ThrowsAsync<UnstorableEventException>(() => store.Store.Append(Joining(NewMember(), "nul\0"), Ct));

        Assert.Equal((UnstorableEventException.TooLarge, UnstorableEventException.InvalidText), (tooLong.Code, nul.Code));
        Assert.Equal(1, await store.CountStored(Ct));
    }

    [Fact, Behaviour(13)]
    public async Task The_repository_takes_and_gives_back_the_claims_that_a_decision_changes()
    {
        await using var store = await NewStore();
        var members = new AggregateRepository<Member>(store.Store, DefaultModel);
        using var context = new OperationContext(Acme, EventMetadata.Empty).Begin();
        var ann = await Join("ann@example.org");
        await members.Update(ann, member => member.Move("ann@example.com"), ct: Ct);

        var bob = await Join("ann@example.org");
        await Assert.ThrowsAsync<ClaimTakenException>(() => members.Update(bob, member => member.Move("ann@example.com"), ct: Ct));
        await members.Update(ann, member => member.Leave(), ct: Ct);
        await members.Update(bob, member => member.Move("ann@example.com"), ct: Ct);

        Assert.Equal(1, await Held(store));
        Assert.Equal("ann@example.com", (await members.Load(bob, ct: Ct)).State.Email);

        async Task<Guid> Join(string email)
        {
            var member = new Member(Guid.CreateVersion7());
            member.Join(email);
            return (await members.Save(member, Ct)).Id;
        }
    }

    private static AppendRequest Joining(StreamId member, params string[] emails) => Changing(member, 0, emails, []);

    private static AppendRequest Changing(StreamId member, long version, string[] taken, string[] released) =>
        new(member, ExpectedVersion.Exactly(version), [NewEvent.Of(new Joined(taken.FirstOrDefault()?.Replace('\0', ' ') ?? ""))])
        {
            Claims = new([.. taken.Select(email => new Claim("email", email))], [.. released.Select(email => new Claim("email", email))]),
        };

    private Task<long> Held(ConformanceStore store) => store.Scalar<long>("select count(*) from eventstore.claims", Ct);
}
