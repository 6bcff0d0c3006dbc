using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Importing;

/// <summary>Claims that imported events carry are taken and given back with their batch.</summary>
public sealed class ImportClaimsTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string Held = "select tenant_id || ' ' || value || ' ' || aggregate_id from eventstore.claims order by value, tenant_id";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public async Task Each_aggregate_holds_at_the_end_what_its_last_event_left_it(int batch)
    {
        await using var store = await NewStore();
        var (ann, bob, eve) = (NewMember(), NewMember(), NewMember(Globex));

        await Import(
            store, batch,
            Joined(ann, "a@example.org"), Joined(eve, "a@example.org"), Joined(bob, "b@example.org"),
            Moved(ann, 2, "a@example.org", "c@example.org"), Moved(bob, 2, "b@example.org", "a@example.org"), Moved(ann, 3, "c@example.org", "b@example.org"));

        Assert.Equal(
            [$"acme a@example.org {bob.AggregateId}", $"globex a@example.org {eve.AggregateId}", $"acme b@example.org {ann.AggregateId}"],
            await store.Column<string>(Held, Ct));
        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.Append(
            new(NewMember(), ExpectedVersion.None, [NewEvent.Of(new Joined("b@example.org"))]) { Claims = new([new("email", "b@example.org")], []) }, Ct));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task A_claim_that_another_aggregate_has_ends_the_import_and_names_who_wants_it(int batch)
    {
        await using var store = await NewStore();
        var (ann, bob) = (NewMember(), NewMember());

        var refused = await Assert.ThrowsAsync<InvalidImportException>(() => Import(store, batch, Joined(ann, "a@example.org"), Joined(bob, "a@example.org")));

        Assert.Equal(("email_taken", bob, 1), (refused.Code, refused.Stream, refused.Version));
        Assert.Equal("a@example.org", Assert.IsType<ClaimTakenException>(refused.InnerException).Claim.Value);
        Assert.DoesNotContain("a@example.org", refused.Message, StringComparison.Ordinal);
        Assert.Equal(batch == 1 ? 1 : 0, await store.CountStored(Ct));
    }

    [Fact]
    public async Task Events_that_are_stored_already_take_their_claims_no_second_time()
    {
        await using var store = await NewStore();
        var ann = NewMember();
        ImportedEvent[] source = [Joined(ann, "a@example.org"), Moved(ann, 2, "a@example.org", "b@example.org")];
        await Import(store, 1, source);
        var bob = NewMember();
        await store.Store.Append(new(bob, ExpectedVersion.None, [NewEvent.Of(new Joined("a@example.org"))]) { Claims = new([new("email", "a@example.org")], []) }, Ct);

        Assert.Equal(2, (await Import(store, 100, source)).Skipped);

        Assert.Equal([$"acme a@example.org {bob.AggregateId}", $"acme b@example.org {ann.AggregateId}"], await store.Column<string>(Held, Ct));
    }

    private Task<ImportProgress> Import(ConformanceStore store, int batch, params ImportedEvent[] events) =>
        store.Store.Import(events.ToAsyncEnumerable(), new() { BatchEvents = batch }, ct: Ct);

    private static ImportedEvent Joined(StreamId member, string email) =>
        ImportedEvent.Of(member, 1, Histories.IdOf(member, 1), Histories.TimeOf(1), new Joined(email)) with { Claims = new([new("email", email)], []) };

    private static ImportedEvent Moved(StreamId member, long version, string from, string to) =>
        ImportedEvent.Of(member, version, Histories.IdOf(member, version), Histories.TimeOf(version), new Moved(to)) with
        {
            Claims = new([new("email", to)], [new("email", from)]),
        };
}
