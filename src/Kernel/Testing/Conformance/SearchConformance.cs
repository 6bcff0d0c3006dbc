using System.Text.Json.Nodes;
using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Events are found by what their data holds, within one tenant and one type that has opted in.</summary>
public abstract class SearchConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private static readonly StoreSetup Searchable = new()
    {
        Model = new DomainModelBuilder()
            .AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(typeof(Tally)).AddAggregate(typeof(IndexedTally))
            .AddEvent(typeof(OrderPlaced)).AddEvent(typeof(OrderRemarked)).AddEvent(typeof(OrderMeasured)).AddAggregate(typeof(IndexedOrder))
            .Build(),
    };

    [Fact]
    public async Task A_search_finds_events_by_nested_values_and_members_of_lists()
    {
        await using var store = await NewStore(Searchable);
        var stream = NewIndexed("indexed_order");
        var bern = Placed("Ann", "Bern", ("A-1", 2), ("B-2", 1));
        await store.Append(
            stream, ExpectedVersion.None,
            [.. new object[] { bern, Placed("Bob", "Basel", ("A-1", 1)), new OrderRemarked("🧾 \"quoted\" Bern"), Placed("Bern", "Chur", ("C-3", 2)) }.Select(NewEvent.Of)], Ct);

        Assert.Equal([1], await Found("""{"customer": {"address": {"city": "Bern"}}}"""));
        Assert.Equal([1, 2], await Found("""{"lines": [{"sku": "A-1"}]}"""));
        Assert.Equal([1], await Found("""{"lines": [{"quantity": 1}, {"sku": "A-1", "quantity": 2}]}"""));
        Assert.Equal([4], await Found("""{"customer": {"name": "Bern"}, "lines": [{"sku": "C-3"}]}"""));
        Assert.Equal([1, 2, 4], await Found("""{"urgency": "next_day"}"""));
        Assert.Equal([3], await Found("""{"text": "🧾 \"quoted\" Bern"}"""));
        Assert.Empty(await Found("""{"lines": [{"sku": "A-1", "quantity": 7}]}"""));
        Assert.Empty(await Found("""{"city": "Bern"}"""));
        var envelope = await store.Store.Search(new(Acme, "indexed_order", """{"customer": {"name": "Ann"}}"""), Ct).SingleAsync(Ct);
        Assert.Equal((await store.Read(stream, new() { Limit = 1 }, Ct))[0] with { Event = 0 }, envelope with { Event = 0 });

        async Task<List<long>> Found(string fragment) =>
            await store.Store.Search(new(Acme, "indexed_order", fragment), Ct).Select(e => e.Version).ToListAsync(Ct);
    }

    [Fact, Behaviour(40)]
    public async Task A_search_finds_the_events_of_one_tenant_and_one_type_only()
    {
        await using var store = await NewStore(Searchable);
        foreach (var tenant in (string[])[Acme, Hooli, Globex, Initech])
        {
            await store.Append(NewIndexed("indexed_tally", tenant), ExpectedVersion.None, Counts(1, 3), Ct);
            await store.Append(NewTally(tenant), ExpectedVersion.None, Counts(1, 3), Ct);
        }

        foreach (var tenant in (string[])[Acme, Hooli, Globex, Initech])
        {
            var found = await store.Store.Search(new(tenant, "indexed_tally", """{"number": 2}"""), Ct).SingleAsync(Ct);
            Assert.Equal((tenant, "indexed_tally", 2), (found.TenantId, found.AggregateType, found.Version));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(int.MaxValue)]
    public async Task Pages_of_a_search_meet_without_gap_or_overlap_in_position_order(int limit)
    {
        await using var store = await NewStore(Searchable);
        var positions = new List<long>();
        for (var round = 0; round < 30; round++)
        {
            positions.Add((await store.Append(NewIndexed("indexed_tally", Acme), ExpectedVersion.None, [.. Counts(1, 1), .. Counts(5, 5)], Ct)).Position);
            await store.Append(NewIndexed("indexed_tally", Hooli), ExpectedVersion.None, Counts(5, 5), Ct);
        }

        var found = new List<long>();
        while (true)
        {
            var search = new EventSearch(Acme, "indexed_tally", """{"number": 5}""") { After = found.LastOrDefault(), Limit = limit };
            var page = await store.Store.Search(search, Ct).Select(e => e.Position).ToListAsync(Ct);
            Assert.True(page.Count <= limit);
            found.AddRange(page);
            if (page.Count < limit)
            {
                break;
            }
        }

        Assert.Equal(positions, found);
        Assert.Empty(await store.Store.Search(new(Acme, "indexed_tally", """{"number": 5}""") { Limit = 0 }, Ct).ToListAsync(Ct));
    }

    [Fact]
    public async Task A_search_that_spans_many_pages_of_the_store_is_one_to_its_reader()
    {
        await using var store = await NewStore(Searchable);
        await store.Append(NewIndexed("indexed_tally"), ExpectedVersion.None, [.. Enumerable.Range(1, 2500).Select(n => NewEvent.Of(new Counted(n % 2)))], Ct);

        Assert.Equal(
            Enumerable.Range(1, 1250).Select(n => (2 * n) - 1L),
            await store.Store.Search(new(Acme, "indexed_tally", """{"number": 1}""") { Limit = 2000 }, Ct).Select(e => e.Version).ToListAsync(Ct));
    }

    [Fact]
    public async Task A_search_ends_where_the_feed_does()
    {
        await using var store = await NewStore(Searchable);
        await using var open = await store.BeginAppend(Ct);
        var low = await open.Insert(NewIndexed("indexed_tally"), 1, new(5), Ct);
        var high = await store.Append(NewIndexed("indexed_tally"), ExpectedVersion.None, Counts(5, 5), Ct);
        var search = new EventSearch(Acme, "indexed_tally", """{"number": 5}""");

        Assert.Empty(await store.Store.Search(search, Ct).ToListAsync(Ct));
        await open.Commit(Ct);

        Assert.Equal([low, high.Position], await store.Store.Search(search, Ct).Select(e => e.Position).ToListAsync(Ct));
    }

    [Fact]
    public async Task Archived_events_are_found_between_the_others()
    {
        await using var store = await NewStore(Searchable);
        StreamId[] streams = [.. Enumerable.Range(0, 4).Select(_ => NewIndexed("indexed_tally"))];
        foreach (var stream in streams)
        {
            await store.Append(stream, ExpectedVersion.None, Counts(4, 6), Ct);
        }

        var owner = store.AsOwner().Store;
        await owner.Archive(streams[0], ExpectedVersion.Any, Ct);
        await owner.Archive(streams[2], ExpectedVersion.Any, Ct);

        var found = await store.Store.Search(new(Acme, "indexed_tally", """{"number": 5}"""), Ct).ToListAsync(Ct);
        Assert.Equal(streams.Select(stream => (stream, 2L)), found.Select(e => (e.Stream, e.Version)));
        Assert.Equal(
            ["events_indexed_tally_pool_0_archive_data_idx"],
            await store.Column<string>("select relname::text from pg_class where relname like '%archive_data_idx'", Ct));
    }

    [Fact, Behaviour(44)]
    public async Task A_search_by_type_finds_events_under_all_the_names_of_the_type_and_reads_them_upcast()
    {
        var old = new DomainModelBuilder().AddEvent(typeof(Old.Scored)).AddEvent(typeof(Old.Pinged)).AddEvent(typeof(Counted)).AddAggregate(typeof(IndexedTally)).Build();
        var now = new DomainModelBuilder()
            .AddEvent(typeof(Rated)).AddEvent(typeof(Counted)).AddAggregate(typeof(IndexedTally)).Add(new ScoredIsRated()).Add(new PingedIsNothing()).Build();
        await using var store = await NewStore(new() { Model = old });
        var next = store.AnotherHost(new() { Model = now });
        var stream = NewIndexed("indexed_tally");
        await store.Append(
            stream, ExpectedVersion.None, [.. new object[] { new Old.Scored(5), new Old.Pinged(5), new Counted(5), new Old.Pinged(5), new Old.Scored(5) }.Select(NewEvent.Of)], Ct);
        await next.Append(stream, ExpectedVersion.Exactly(5), [NewEvent.Of(new Rated(5, "new"))], Ct);
        var search = new EventSearch(Acme, "indexed_tally", """{"number": 5}""");

        var rated = await next.Store.Search(search with { EventTypes = [typeof(Rated)] }, Ct).ToListAsync(Ct);
        var all = await next.Store.Search(search with { Limit = 3 }, Ct).ToListAsync(Ct);

        Assert.Equal([new Rated(5, "old"), new Rated(5, "old"), new Rated(5, "new")], rated.Select(e => e.Event));
        Assert.Equal([1, 3, 5], all.Select(e => e.Version));
        Assert.Equal([3, 1, 5, 6], (await next.Store.Search(search with { EventTypes = [typeof(Counted), typeof(Rated)] }, Ct).ToListAsync(Ct)).OrderBy(e => e.Event is Rated).Select(e => e.Version));
        Assert.Throws<InvalidModelException>(() => next.Store.Search(search with { EventTypes = [typeof(Noted)] }, Ct));
    }

    [Fact]
    public async Task A_type_that_has_not_opted_in_is_refused_with_what_to_do()
    {
        await using var store = await NewStore(Searchable);

        var refused = Assert.Throws<NotSearchableException>(() => store.Store.Search(new(Acme, "tally", """{"number": 1}"""), Ct));

        Assert.Equal(("not_searchable", false, "tally"), (refused.Code, refused.IsTransient, refused.AggregateType));
        Assert.Contains("[AggregateType(\"tally\", IndexData = true)]", refused.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidModelException>(() => store.Store.Search(new(Acme, "nothing", """{"number": 1}"""), Ct));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{'number': 1}")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[{\"number\": 1}]")]
    [InlineData("{}")]
    [InlineData("{\"lines\": [{}]}")]
    [InlineData("{\"text\": \"\\u0000\"}")]
    [InlineData("{\"text\": \"\\ud800\"}")]
    [InlineData("{\"number\": 1e999999}")]
    [InlineData("{\"number\": 1} {}")]
    public async Task A_fragment_that_nothing_can_be_found_with_is_refused_clearly(string fragment)
    {
        await using var store = await NewStore(Searchable);

        var refused = await Assert.ThrowsAsync<InvalidSearchException>(() => store.Store.Search(new(Acme, "indexed_tally", fragment), Ct).ToListAsync(Ct).AsTask());

        Assert.Equal(("invalid_search", false), (refused.Code, refused.IsTransient));
    }

    [Fact, Behaviour(42)]
    public async Task An_unknown_or_disabled_tenant_cannot_search()
    {
        await using var store = await NewStore(Searchable);
        await store.Append(NewIndexed("indexed_tally"), ExpectedVersion.None, Counts(1, 3), Ct);
        var search = new EventSearch(Acme, "indexed_tally", """{"number": 1}""");
        await store.AnotherHost().Store.Tenants.Disable(Acme, Ct);

        await Assert.ThrowsAsync<TenantDisabledException>(() => store.Store.Search(search, Ct).ToListAsync(Ct).AsTask());
        foreach (var unknown in (string[])["nobody", "acme' or 'a'='a", ""])
        {
            await Assert.ThrowsAsync<UnknownTenantException>(() => store.Store.Search(search with { TenantId = unknown }, Ct).ToListAsync(Ct).AsTask());
        }
    }

    private static StreamId NewIndexed(string type, string tenant = Acme) => new(tenant, type, Guid.CreateVersion7());

    private static OrderPlaced Placed(string name, string city, params (string Sku, int Quantity)[] lines) => new(
        new(name, new("Street 1", city, null)),
        [.. lines.Select(line => new OrderLine(line.Sku, line.Quantity, 9.90m))],
        new Payment.Transfer("CH00"),
        Urgency.NextDay,
        new(2026, 2, 28, 0, 0, 0, TimeSpan.Zero),
        new Dictionary<string, string>());

    [AggregateType("indexed_tally", IndexData = true)]
    public sealed class IndexedTally(Guid id) : Aggregate<TallyState>(id);

    [AggregateType("indexed_order", IndexData = true)]
    public sealed class IndexedOrder(Guid id) : Aggregate<OrderState>(id);

    [EventType("indexed.rated", Version = 2, Aliases = ["indexed.scored"])]
    public sealed record Rated(long Number, string Origin);

    public sealed class ScoredIsRated() : Upcaster("indexed.rated", 1)
    {
        public override IEnumerable<Upcast> Up(JsonObject data)
        {
            data["origin"] = "old";
            yield return Next(data);
        }
    }

    public sealed class PingedIsNothing() : Upcaster("indexed.pinged", 1)
    {
        public override IEnumerable<Upcast> Up(JsonObject data) => [];
    }

    /// <summary>What an earlier build stored.</summary>
    public static class Old
    {
        [EventType("indexed.scored")]
        public sealed record Scored(long Number);

        [EventType("indexed.pinged")]
        public sealed record Pinged(long Number);
    }
}
