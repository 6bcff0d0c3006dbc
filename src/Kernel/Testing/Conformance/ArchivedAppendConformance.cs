using Monolith.EventSourcing;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>An archived stream takes no more events, and that costs those that do nothing.</summary>
public abstract class ArchivedAppendConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    public static TheoryData<ExpectedVersion> Expectations =>
        [ExpectedVersion.None, ExpectedVersion.Exactly(149), ExpectedVersion.Exactly(150), ExpectedVersion.Exactly(151), ExpectedVersion.Exists, ExpectedVersion.Any];

    [Theory]
    [MemberData(nameof(Expectations), DisableDiscoveryEnumeration = true)]
    public async Task Every_append_to_it_is_refused_whatever_it_expects(ExpectedVersion expected)
    {
        await using var store = await NewStore();
        var (stream, other) = (await store.StoreTally(150, Ct), await store.StoreTally(1, Ct));
        await store.Store.Archive(stream, ExpectedVersion.Any, Ct);
        var append = new AppendRequest(stream, expected, Counts(1, 2));
        await using var connection = await store.DataSource.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);

        foreach (var call in (Func<Task>[])
            [
                () => store.Store.Append(append, Ct),
                () => store.AnotherHost().Store.Append(append, Ct),
                () => store.Store.Append(append with { Claims = new([new("email", "ann@example.org")], []) }, Ct),
                () => store.Store.Append(append with { Events = Counts(1, 100) }, Ct),
                () => store.Store.Append(append, transaction, Ct),
                () => store.Store.AppendMany([new(other, ExpectedVersion.Exactly(1), Counts(2, 2)), append], Ct),
            ])
        {
            var refused = await Assert.ThrowsAsync<AggregateArchivedException>(call);
            Assert.Equal(("aggregate_archived", false, stream), (refused.Code, refused.IsTransient, refused.Stream));
        }

        await store.Store.Append(new(other, ExpectedVersion.Exactly(1), Counts(2, 2)), transaction, Ct);
        await transaction.CommitAsync(Ct);
        Assert.Equal((152, 0), (await store.CountStored(Ct), await store.Scalar<long>("select count(*) from eventstore.claims", Ct)));
    }

    [Fact]
    public async Task Appends_that_share_its_way_are_stored_when_it_is_refused()
    {
        await using var store = await NewStore();
        var stream = await store.StoreTally(3, Ct);
        await store.Store.Archive(stream, ExpectedVersion.Any, Ct);
        StreamId[] neighbours = [.. Enumerable.Range(0, 60).Select(index => NewTally(index % 2 == 0 ? Acme : Globex))];

        var appends = neighbours.Select(neighbour => store.Append(neighbour, ExpectedVersion.None, Counts(1, 2), Ct)).ToList();
        var refused = Enumerable.Range(0, 5).Select(_ => store.Append(stream, ExpectedVersion.Any, Counts(4, 4), Ct)).ToList();
        appends.AddRange(neighbours.Select(neighbour => store.Append(neighbour, ExpectedVersion.Exactly(2), Counts(3, 3), Ct)));

        foreach (var append in refused)
        {
            await Assert.ThrowsAsync<AggregateArchivedException>(() => append);
        }

        await Task.WhenAll(appends);
        Assert.Equal(3 + (60 * 3), await store.CountStored(Ct));
    }

    [Fact]
    public async Task An_append_to_a_stream_that_has_events_never_looks_into_the_archive()
    {
        await using var store = await NewStore();
        var stream = await store.StoreTally(3, Ct);
        await using var connection = await store.DataSource.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        var before = await Looks();

        await store.Store.Append(new(stream, ExpectedVersion.Exactly(3), Counts(4, 4)), transaction, Ct);
        await store.Store.Append(new(stream, ExpectedVersion.Any, Counts(5, 5)) { Claims = new([new("email", "ann@example.org")], []) }, transaction, Ct);
        Assert.Equal(before, await Looks());
        await store.Store.Append(new(NewTally(), ExpectedVersion.None, Counts(1, 1)), transaction, Ct);
        Assert.Equal(before + 1, await Looks());

        async Task<long> Looks()
        {
            await using var command = new NpgsqlCommand(
                "select seq_scan + coalesce(idx_scan, 0) from pg_stat_xact_user_tables where relname = 'archived_streams'", connection, transaction);
            return (long)(await command.ExecuteScalarAsync(Ct))!;
        }
    }

    [Fact]
    public async Task A_repeat_of_an_append_whose_answer_was_lost_succeeds_although_its_events_are_archived_by_now()
    {
        await using var store = await NewStore();
        var (stream, other) = (NewTally(), NewOrder());
        AppendRequest first = new(stream, ExpectedVersion.None, Counts(1, 3)), second = new(other, ExpectedVersion.None, [NewEvent.Of(new OrderRemarked("a"))]);
        var stored = await store.Store.AppendMany([first, second], Ct);
        await store.Store.Archive(stream, ExpectedVersion.Any, Ct);

        Assert.Equal(stored[0], await store.Store.Append(first, Ct));
        Assert.Equal(stored, await store.Store.AppendMany([first, second], Ct));
        await Assert.ThrowsAsync<AggregateArchivedException>(() => store.Store.AppendMany([first with { Events = Counts(1, 3) }, second], Ct));
        Assert.Equal(4, await store.CountStored(Ct));
    }

    [Fact]
    public async Task A_repository_loads_it_and_refuses_to_save_what_it_has_decided_since()
    {
        await using var store = await NewStore();
        var stream = await store.StoreTally(150, Ct);
        await store.Store.Archive(stream, ExpectedVersion.Any, Ct);
        var tallies = new AggregateRepository<Tally>(store.Store, DefaultModel);
        using var context = new OperationContext(Acme, EventMetadata.Empty).Begin();

        var tally = await tallies.Load(stream.AggregateId, ct: Ct);

        Assert.Equal((true, 150, 11325), (tally.IsArchived, tally.Version, tally.State.Sum));
        tally.Count(1);
        await Assert.ThrowsAsync<AggregateArchivedException>(() => tallies.Save(tally, Ct));
        await Assert.ThrowsAsync<AggregateArchivedException>(() => tallies.Update(stream.AggregateId, found => found.Count(1), ct: Ct));
        Assert.Equal(150, (await tallies.Update(stream.AggregateId, _ => { }, ct: Ct)).Version);
    }

    [Fact]
    public async Task Claims_stay_taken_by_an_archived_aggregate_that_has_not_given_them_back()
    {
        await using var store = await NewStore();
        var (stays, leaves) = (NewMember(), NewMember());
        await store.Store.Append(Joining(stays, "ann@example.org"), Ct);
        await store.Store.Append(Joining(leaves, "bob@example.org"), Ct);
        await store.Store.Append(new(leaves, ExpectedVersion.Exactly(1), [NewEvent.Of(new Left())]) { Claims = new([], [new("email", "bob@example.org")]) }, Ct);
        await store.Store.Archive(stays, ExpectedVersion.Any, Ct);
        await store.Store.Archive(leaves, ExpectedVersion.Any, Ct);

        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.Append(Joining(NewMember(), "ann@example.org"), Ct));
        Assert.Equal(1, (await store.Store.Append(Joining(NewMember(), "bob@example.org"), Ct)).Version);

        static AppendRequest Joining(StreamId member, string email) =>
            new(member, ExpectedVersion.None, [NewEvent.Of(new Joined(email))]) { Claims = new([new("email", email)], []) };
    }
}
