using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What the feed holds, and how it is cut.</summary>
public abstract class FeedConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private static readonly string[] Everyone = [Acme, Globex, Hooli, Initech];

    [Fact, Behaviour(17)]
    public async Task The_feed_of_a_type_has_the_events_of_every_tenant_and_partition_in_position_order()
    {
        await using var store = await NewStore();
        var (tallies, orders) = await Fill(store, rounds: 5);

        var tallyFeed = await store.ReadFeed(new() { AggregateTypes = ["tally"] }, Ct);
        var orderFeed = await store.ReadFeed(new() { AggregateTypes = ["order"] }, Ct);
        var both = await store.ReadFeed(new() { AggregateTypes = ["order", "tally"] }, Ct);
        var all = await store.ReadFeed(new(), Ct);

        Assert.Equal(tallies, tallyFeed.Select(e => e.Position));
        Assert.Equal(orders, orderFeed.Select(e => e.Position));
        Assert.Equal(tallies.Concat(orders).Order(), both.Select(e => e.Position));
        Assert.Equal(both.Select(e => e.Position), all.Select(e => e.Position));
        Assert.Equal(Everyone.Order(), tallyFeed.Select(e => e.TenantId).Distinct().Order());
        Assert.Empty(await store.ReadFeed(new() { AggregateTypes = ["member"] }, Ct));
    }

    [Fact, Behaviour(17)]
    public async Task The_limit_counts_the_rows_that_match_and_pages_meet_without_gap_or_overlap()
    {
        await using var store = await NewStore();
        var (tallies, _) = await Fill(store, rounds: 6);
        foreach (var limit in (int[])[1, 2, 7, 1000])
        {
            var read = new List<long>();
            for (var after = 0L; ;)
            {
                var page = await store.ReadFeed(new() { AggregateTypes = ["tally"], After = after, Limit = limit }, Ct);
                if (page.Count == 0)
                {
                    break;
                }

                Assert.True(page.Count <= limit);
                read.AddRange(page.Select(e => e.Position));
                after = read[^1];
                Assert.True(page.Count == limit || after == tallies[^1], "a page that is not full is the last");
            }

            Assert.Equal(tallies, read);
        }

        Assert.Empty(await store.ReadFeed(new() { Limit = 0 }, Ct));
    }

    [Fact, Behaviour(17)]
    public async Task The_feed_of_one_tenant_has_its_events_of_every_type()
    {
        await using var store = await NewStore();
        await Fill(store, rounds: 3);

        foreach (var tenant in Everyone)
        {
            var feed = await store.ReadFeed(new() { TenantId = tenant, Limit = 9 }, Ct);
            Assert.Equal(9, feed.Count);
            Assert.All(feed, e => Assert.Equal(tenant, e.TenantId));
            Assert.Equal(["order", "tally"], feed.Select(e => e.AggregateType).Distinct().Order());
        }
    }

    [Fact, Behaviour(17)]
    public async Task The_feed_since_a_time_begins_with_the_first_event_recorded_then()
    {
        var clock = new SetClock();
        await using var store = await NewStore(new() { Time = clock });
        var times = new List<DateTimeOffset>();
        for (var number = 1; number <= 5; number++)
        {
            times.Add(clock.Now);
            await store.Append(NewTally(), ExpectedVersion.None, Counts(number, number), Ct);
            clock.Advance(TimeSpan.FromMinutes(1));
        }

        var since = await store.ReadFeed(new() { Since = times[2] }, Ct);
        var later = await store.ReadFeed(new() { Since = times[2].AddTicks(10).ToOffset(TimeSpan.FromHours(5)) }, Ct);

        Assert.Equal([3, 4, 5], since.Select(e => ((Counted)e.Event).Number));
        Assert.Equal([4, 5], later.Select(e => ((Counted)e.Event).Number));
        Assert.Empty(await store.ReadFeed(new() { Since = clock.Now }, Ct));
    }

    [Fact, Behaviour(17)]
    public async Task An_envelope_of_the_feed_is_the_envelope_of_its_stream()
    {
        await using var store = await NewStore();
        var stream = NewTally(Globex);
        var events = Counts(1, 3);
        var metadata = new EventMetadata
        {
            CorrelationId = "cor",
            CausationId = "cau",
            Command = "Count",
            UserId = "ann",
            TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
            Headers = new Dictionary<string, string> { ["origin"] = "test", ["emoji 🧾"] = "\"quoted\"" },
        };
        var result = await store.Store.Append(new(stream, ExpectedVersion.None, events) { Metadata = metadata }, Ct);

        var read = await store.Read(stream, StreamRange.All, Ct);
        var feed = await store.ReadFeed(new(), Ct);

        Assert.Equal(events.Select(e => e.Id), read.Select(e => e.EventId));
        Assert.Equal([result.Position - 2, result.Position - 1, result.Position], read.Select(e => e.Position));
        foreach (var (fromStream, fromFeed) in read.Zip(feed))
        {
            Assert.Equal(fromStream with { Metadata = EventMetadata.Empty }, fromFeed with { Metadata = EventMetadata.Empty });
            Assert.Equal((stream, "tally.counted", 1), (fromStream.Stream, fromStream.EventType, fromStream.EventVersion));
            foreach (var stored in (EventMetadata[])[fromStream.Metadata, fromFeed.Metadata])
            {
                Assert.Equal(metadata with { Headers = null }, stored with { Headers = null });
                Assert.Equal(metadata.Headers, stored.Headers);
            }
        }
    }

    [Fact, Behaviour(17)]
    public async Task A_shard_is_read_up_to_a_position_and_says_how_far_it_has_read()
    {
        await using var store = await NewStore();
        await Fill(store, rounds: 4);
        var watermark = await store.Store.Feed.Refresh(Ct);
        var shards = await store.Store.Tenants.Shards(Ct);
        var seen = new List<long>();
        foreach (var shard in shards)
        {
            foreach (var types in (string[][])[["tally"], ["tally", "order"]])
            {
                var page = await store.Store.Feed.ReadShard(shard, types, 0, watermark, 1000, Ct);
                Assert.Equal(watermark, page.LastPosition);
                Assert.Equal(page.Events.Select(e => e.Position).Order(), page.Events.Select(e => e.Position));
                var half = await store.Store.Feed.ReadShard(shard, types, 0, watermark, page.Events.Count / 2, Ct);
                Assert.Equal(page.Events.Take(page.Events.Count / 2), half.Events);
                Assert.Equal(half.Events.Count == 0 ? 0 : half.Events[^1].Position, half.LastPosition);
                if (types.Length == 2)
                {
                    seen.AddRange(page.Events.Select(e => e.Position));
                }
            }
        }

        Assert.Equal(await store.FeedPositions(Ct), seen.Order());
    }

    // Tallies and orders of every tenant by turns; each order has two events.
    private async Task<(List<long> Tallies, List<long> Orders)> Fill(ConformanceStore store, int rounds)
    {
        var (tallies, orders) = (new List<long>(), new List<long>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var tenant in Everyone)
            {
                tallies.Add((await store.Append(NewTally(tenant), ExpectedVersion.None, Counts(round, round), Ct)).Position);
                var remarks = await store.Append(
                    NewOrder(tenant), ExpectedVersion.None, [NewEvent.Of(new OrderRemarked("one")), NewEvent.Of(new OrderRemarked("two"))], Ct);
                orders.AddRange([remarks.Position - 1, remarks.Position]);
            }
        }

        return (tallies, orders);
    }
}
