using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>The views of an inline projection are stored with the events, whichever way those are appended, or the events are not stored.</summary>
public abstract class InlineProjectionConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(34)]
    public async Task A_view_holds_an_append_when_that_returns()
    {
        await using var hosts = await NewHosts();
        var (store, stream) = (await Active(hosts, new TallyViews(isInline: true)), NewTally());
        for (var version = 1; version <= 20; version++)
        {
            await store.Append(Counts(stream, version), Ct);

            Assert.Equal(new TallyView(stream.AggregateId, version * (version + 1) / 2, version, true, null), await hosts.View<TallyView>(stream));
        }

        var removed = await store.Append(new(stream, ExpectedVersion.Any, [NewEvent.Of(new Noted("remove"))]), Ct);
        Assert.Equal(21, removed.Version);
        Assert.Null(await hosts.View<TallyView>(stream));
    }

    [Fact, Behaviour(34)]
    public async Task What_a_projection_cannot_take_is_not_stored()
    {
        await using var hosts = await NewHosts();
        var views = new TallyViews(isInline: true);
        var (store, stream) = (await Active(hosts, views), NewTally());
        await store.Append(Counts(stream, 1), Ct);
        views.Fails = envelope => envelope.Event is Counted { Number: 13 };

        var refused = await Assert.ThrowsAsync<InlineProjectionException>(() => store.Append(Counts(stream, 2, 13), Ct));
        Assert.Equal((InlineProjectionException.Failed, "tests.tallies", false), (refused.Code, refused.Projection, refused.IsTransient));
        await store.Append(Counts(stream, 3), Ct);

        Assert.Equal([1, 2], await hosts.Store.Versions(stream, Ct));
        Assert.Equal(new TallyView(stream.AggregateId, 4, 2, true, null), await hosts.View<TallyView>(stream));
    }

    [Fact, Behaviour(34)]
    public async Task A_conflict_and_a_repeat_change_no_view()
    {
        await using var hosts = await NewHosts();
        var (store, stream) = (await Active(hosts, new TallyViews(isInline: true)), NewTally());
        var first = new AppendRequest(stream, ExpectedVersion.None, [NewEvent.Of(new Counted(1))]);
        var stored = await store.Append(first, Ct);

        Assert.Equal(stored, await store.Append(first, Ct));
        await Assert.ThrowsAsync<ConcurrencyException>(() => store.Append(new(stream, ExpectedVersion.None, [NewEvent.Of(new Counted(2))]), Ct));
        Assert.Equal(new TallyView(stream.AggregateId, 1, 1, true, null), await hosts.View<TallyView>(stream));
    }

    [Fact, Behaviour(34)]
    public async Task Appends_of_many_streams_and_hosts_to_one_view_lose_nothing()
    {
        await using var hosts = await NewHosts();
        PostgresEventStore[] stores = [await Active(hosts, new WordViews(isInline: true)), await Active(hosts, new WordViews(isInline: true))];
        var streams = Enumerable.Range(0, 8).Select(_ => NewTally()).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 160).Select(index => stores[index % 2].Append(
            new(streams[index % 8], ExpectedVersion.Any, [NewEvent.Of(new Noted(index % 3 == 0 ? "one two" : "two one"))]), Ct)));

        Assert.Equal(new WordView("one", 160), await hosts.View<WordView>("one"));
        Assert.Equal(new WordView("two", 160), await hosts.View<WordView>("two"));
    }

    [Fact, Behaviour(34)]
    public async Task An_append_to_several_streams_applies_it_to_all_or_to_none()
    {
        await using var hosts = await NewHosts();
        var (store, one, other) = (await Active(hosts, new TallyViews(isInline: true), new EventCountViews()), NewTally(), NewTally());
        await store.AppendMany([Counts(one, 1, 2), Counts(other, 3), new(NewOrder(), ExpectedVersion.Any, [NewEvent.Of(new OrderRemarked("beside"))])], Ct);
        await Assert.ThrowsAsync<ConcurrencyException>(
            () => store.AppendMany([Counts(one, 4), new(other, ExpectedVersion.None, [NewEvent.Of(new Counted(5))])], Ct));

        Assert.Equal(new TallyView(one.AggregateId, 3, 2, true, null), await hosts.View<TallyView>(one));
        Assert.Equal(new TallyView(other.AggregateId, 3, 1, true, null), await hosts.View<TallyView>(other));
    }

    [Fact, Behaviour(34)]
    public async Task An_append_in_a_transaction_of_the_callers_applies_it_there()
    {
        await using var hosts = await NewHosts();
        var views = new TallyViews(isInline: true);
        var (store, stream) = (await Active(hosts, views), NewTally());
        await using var connection = await hosts.Store.Connect(Ct);
        await using (var abandoned = await connection.BeginTransactionAsync(Ct))
        {
            await store.Append(Counts(stream, 1), abandoned, Ct);
        }

        Assert.Null(await hosts.View<TallyView>(stream));
        await using (var transaction = await connection.BeginTransactionAsync(Ct))
        {
            await store.Append(Counts(stream, 2), transaction, Ct);
            views.Fails = envelope => envelope.Event is Counted { Number: 13 };
            await Assert.ThrowsAsync<InlineProjectionException>(() => store.Append(Counts(stream, 13), transaction, Ct));
            Assert.Null(await hosts.View<TallyView>(stream));

            // The refused one left the transaction as it was.
            await store.Append(Counts(stream, 4), transaction, Ct);
            await transaction.CommitAsync(Ct);
        }

        Assert.Equal(new TallyView(stream.AggregateId, 6, 2, true, null), await hosts.View<TallyView>(stream));
    }

    [Fact, Behaviour(34)]
    public async Task An_import_of_what_it_reads_is_refused_and_of_other_types_is_not()
    {
        await using var hosts = await NewHosts();
        var (store, stream, order) = (await Active(hosts, new TallyViews(isInline: true)), NewTally(), NewOrder());
        var now = DateTimeOffset.UtcNow;

        var refused = await Assert.ThrowsAsync<InlineProjectionException>(
            () => store.Import(Source(ImportedEvent.Of(stream, 1, Guid.NewGuid(), now, new Counted(1))), ct: Ct));
        Assert.Equal((InlineProjectionException.NotImported, "tests.tallies"), (refused.Code, refused.Projection));
        Assert.Empty(await hosts.Store.Versions(stream, Ct));

        await store.Import(Source(ImportedEvent.Of(order, 1, Guid.NewGuid(), now, new OrderRemarked("old"))), ct: Ct);
        Assert.Equal([1], await hosts.Store.Versions(order, Ct));

        static async IAsyncEnumerable<ImportedEvent> Source(ImportedEvent only)
        {
            await Task.Yield();
            yield return only;
        }
    }

    [Fact, Behaviour(34)]
    public async Task Archiving_a_stream_leaves_its_view_and_restoring_it_goes_on_from_there()
    {
        await using var hosts = await NewHosts();
        var (store, stream) = (await Active(hosts, new TallyViews(isInline: true)), NewTally());
        await store.Append(Counts(stream, 1), Ct);
        await hosts.Store.AsOwner().Store.Archive(stream, ExpectedVersion.Exactly(1), Ct);
        await Assert.ThrowsAsync<AggregateArchivedException>(() => store.Append(Counts(stream, 2), Ct));
        Assert.Equal(1, (await hosts.View<TallyView>(stream))!.Sum);

        await hosts.Store.AsOwner().Store.Restore(stream, Ct);
        await store.Append(Counts(stream, 4), Ct);
        Assert.Equal(new TallyView(stream.AggregateId, 5, 2, true, null), await hosts.View<TallyView>(stream));
    }

    [Fact]
    public async Task Appends_of_other_types_take_one_round_trip_as_ever()
    {
        await using var hosts = await NewHosts();
        await Active(hosts, new TallyViews(isInline: true));
        await using var relay = new Relay(hosts.Store.ConnectionString);
        var connections = new NpgsqlDataSourceBuilder(ConnectionStrings.Tune(hosts.Store.ConnectionString));
        relay.Redirect(connections.ConnectionStringBuilder);
        await using var dataSource = connections.Build();
        await using var store = new PostgresEventStore(
            dataSource, hosts.Store.Setup.Model, new() { Notify = false }, inline: new(hosts.Catalog(new TallyViews(isInline: true)), new PlainViews(dataSource)));

        Assert.Equal(1, await RoundTrips(NewOrder(), new OrderRemarked("one")));
        Assert.True(await RoundTrips(NewTally(), new Counted(1)) > 1);

        // The first append finds the tenant, the connection and what else is looked for once.
        async Task<long> RoundTrips(StreamId stream, object @event)
        {
            await store.Append(new(stream, ExpectedVersion.Any, [NewEvent.Of(@event)]), Ct);
            var before = relay.RoundTrips;
            await store.Append(new(stream, ExpectedVersion.Any, [NewEvent.Of(@event)]), Ct);
            return relay.RoundTrips - before;
        }
    }

    [Fact]
    public async Task It_cannot_be_paused_because_appends_go_on()
    {
        await using var hosts = await NewHosts();
        await Active(hosts, new TallyViews(isInline: true));

        var refused = await Assert.ThrowsAsync<InlineProjectionException>(() => hosts.Operations(new TallyViews(isInline: true)).Pause("tests.tallies", Ct));
        Assert.Equal(InlineProjectionException.NotPaused, refused.Code);
    }

    // A host whose appends write the views.
    private static async Task<PostgresEventStore> Active(ProjectionHosts hosts, params Projection[] projections)
    {
        var host = await hosts.Start(new(), projections);
        await hosts.CaughtUp(host.Runner);
        return host.Store;
    }

    private static AppendRequest Counts(StreamId stream, params long[] numbers) =>
        new(stream, ExpectedVersion.Any, [.. numbers.Select(number => NewEvent.Of(new Counted(number)))]);
}
