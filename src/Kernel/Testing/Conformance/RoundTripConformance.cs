using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>How often a store waits for its server, counted on the way between them.</summary>
public abstract class RoundTripConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task An_append_is_one_round_trip_whether_of_one_event_of_many_or_with_claims()
    {
        await using var store = await NewStore();
        await using var relay = new Relay(store.ConnectionString);
        var remote = store.AnotherHost(relay.SetupFor(store));
        var (stream, member) = (NewTally(), NewMember());
        await remote.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        await remote.Append(NewMember(), ExpectedVersion.None, [NewEvent.Of(new Left())], Ct);

        Assert.Equal(1, await Trips(relay, () => remote.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct)));
        Assert.Equal(1, await Trips(relay, () => remote.Append(stream, ExpectedVersion.Exactly(1), Counts(2, 2), Ct)));
        Assert.Equal(1, await Trips(relay, () => remote.Append(stream, ExpectedVersion.Exactly(2), Counts(3, 12), Ct)));
        Assert.Equal(1, await Trips(relay, () => remote.Append(stream, ExpectedVersion.Exists, Counts(13, 13), Ct)));
        Assert.Equal(1, await Trips(relay, () => remote.Append(stream, ExpectedVersion.Any, Counts(14, 33), Ct)));
        Assert.Equal(1, await Trips(relay, () => remote.Store.Append(
            new(member, ExpectedVersion.None, [NewEvent.Of(new Joined("a"))]) { Claims = new([new("email", "a")], []) }, Ct)));
        Assert.Equal(1, await Trips(relay, () => remote.Store.Append(
            new(member, ExpectedVersion.Exactly(1), [NewEvent.Of(new Moved("b"))]) { Claims = new([new("email", "b")], [new("email", "a")]) }, Ct)));
    }

    [Fact]
    public async Task A_load_and_a_read_are_one_round_trip()
    {
        await using var store = await NewStore();
        await using var relay = new Relay(store.ConnectionString);
        var remote = store.AnotherHost(relay.SetupFor(store));
        var (young, old) = (NewTally(), NewTally());
        await remote.Append(young, ExpectedVersion.None, Counts(1, 9), Ct);
        await remote.Append(old, ExpectedVersion.None, Counts(1, 250), Ct);
        await remote.Store.DrainSnapshots(Ct);

        foreach (var (stream, last) in new[] { (young, 9), (old, 250) })
        {
            Assert.Equal(1, await Trips(relay, () => remote.Store.Load<TallyState>(stream, ct: Ct)));
            Assert.Equal(1, await Trips(relay, () => remote.Store.Load<TallyState>(stream, AsOf.Version(last - 5), Ct)));
            Assert.Equal(1, await Trips(relay, () => remote.Store.Load<TallyState>(stream, AsOf.Time(DateTimeOffset.UtcNow), Ct)));
            Assert.Equal(1, await Trips(relay, () => remote.Read(stream, StreamRange.All, Ct).AsTask()));
        }
    }

    [Fact]
    public async Task A_command_is_two_round_trips()
    {
        await using var store = await NewStore();
        await using var relay = new Relay(store.ConnectionString);
        var remote = store.AnotherHost(relay.SetupFor(store));
        var members = new AggregateRepository<Member>(remote.Store, DefaultModel);
        using var context = new OperationContext(Acme, EventMetadata.Empty).Begin();
        var ann = new Member(Guid.CreateVersion7());
        ann.Join("ann");
        await remote.Append(NewMember(), ExpectedVersion.None, [NewEvent.Of(new Left())], Ct);
        await members.Save(ann, Ct);

        Assert.Equal(2, await Trips(relay, () => members.Update(ann.Id, member => member.Move("bob"), ct: Ct)));
    }

    [Fact]
    public async Task Appends_that_arrive_while_one_is_on_its_way_share_the_next_round_trip()
    {
        await using var store = await NewStore();
        await using var relay = new Relay(store.ConnectionString);
        var setup = relay.SetupFor(store);
        var remote = store.AnotherHost(setup with { Configure = setup.Configure + (options => options.AppendLanes = 1) });
        foreach (var tenant in (string[])[Acme, Initech])
        {
            await remote.Append(NewTally(tenant), ExpectedVersion.None, Counts(0, 0), Ct);
        }

        var before = relay.RoundTrips;
        relay.Hold();
        var first = remote.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        var others = Enumerable.Range(0, 40)
            .Select(number => remote.Append(NewTally(number % 2 == 0 ? Acme : Initech), ExpectedVersion.None, Counts(1, 1 + (number % 3)), Ct))
            .ToList();
        relay.Release();

        await first;
        var results = await Task.WhenAll(others);

        // Two, and one more whenever this machine is so slow that the first gives its lane back meanwhile.
        Assert.InRange(relay.RoundTrips - before, 2, 6);
        Assert.Equal(Enumerable.Range(0, 40).Select(number => 1L + (number % 3)), results.Select(result => result.Version));
    }

    private static async Task<long> Trips(Relay relay, Func<Task> call)
    {
        var before = relay.RoundTrips;
        await call();
        return relay.RoundTrips - before;
    }
}
