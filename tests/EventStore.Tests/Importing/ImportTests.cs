using System.Text;
using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Importing;

/// <summary>A history that was made elsewhere is stored as it was, in the order of its source.</summary>
public sealed class ImportTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task Ids_versions_times_and_metadata_are_those_of_the_source()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var metadata = new EventMetadata { UserId = "ann", Headers = new Dictionary<string, string> { ["was"] = "elsewhere 🧾" } };

        var done = await store.Store.Import(
            Histories.Of(stream, 1, 3).Select(imported => imported.Version == 2 ? imported with { Metadata = metadata } : imported).ToAsyncEnumerable(), ct: Ct);

        var stored = await store.Read(stream, StreamRange.All, Ct);
        Assert.Equal((3, 0, stored[^1].Position), (done.Stored, done.Skipped, done.Position));
        Assert.Equal([1, 2, 3], stored.Select(e => e.Version));
        Assert.Equal([1, 2, 3], stored.Select(e => ((Counted)e.Event).Number));
        Assert.All(stored, e => Assert.Equal((Histories.IdOf(stream, e.Version), Histories.TimeOf(e.Version)), (e.EventId, e.RecordedAt)));
        Assert.NotEqual(0, stored[0].RecordedAt.Microsecond);
        Assert.Equal([null, "ann", null], stored.Select(e => e.Metadata.UserId));
        Assert.Equal(metadata.Headers, stored[1].Metadata.Headers);
    }

    [Fact]
    public async Task The_feed_has_the_order_of_the_source_over_all_leaves_and_batches()
    {
        await using var store = await NewStore();
        StreamId[] streams = [NewTally(), NewOrder(), NewTally(Globex), NewTally(Initech), NewTally(Hooli), NewMember(Initech)];
        var source = Histories.Interleaved(streams, 25).ToList();
        var reports = new Reports();

        var done = await store.Store.Import(source.Slowly(Ct), new() { BatchEvents = 40 }, reports, Ct);

        var feed = await store.ReadFeed(new() { Limit = int.MaxValue }, Ct);
        Assert.Equal(source.Select(e => (e.Stream, e.Version, e.Id)), feed.Select(e => (e.Stream, e.Version, e.EventId)));
        Assert.Equal([40, 80, 120, 150], reports.All.Select(report => report.Stored));
        Assert.Equal((150, feed[^1].Position), (done.Stored, done.Position));
        Assert.Equal(done with { Elapsed = default }, reports.All[^1] with { Elapsed = default });
        Assert.True(done.EventsPerSecond > 0);
        Assert.Equal(
            ["events_member_tenant_1", "events_order_pool_0", "events_tally_pool_0", "events_tally_pool_1", "events_tally_tenant_1"],
            await store.Column<string>("select distinct tableoid::regclass::text from eventstore.events order by 1", Ct)
                is var leaves ? leaves.Select(leaf => leaf.Replace("eventstore.", "", StringComparison.Ordinal)) : []);
    }

    [Fact]
    public async Task Events_of_another_store_are_kept_as_they_are_with_their_old_versions_and_aliases()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var buffer = Encoding.UTF8.GetBytes("""{ "number": 41, "unknown": "🧾\\u0000" }""");

        await store.Store.Import(Source(), ct: Ct);

        Assert.Equal([41, 42], await store.Numbers(stream, Ct));
        Assert.Equal(["\"🧾\\\\u0000\"", "null"], await store.Column<string>("select coalesce(data->'unknown', 'null')::text from eventstore.events order by version", Ct));

        async IAsyncEnumerable<ImportedEvent> Source()
        {
            yield return Stored(1, buffer);
            await Task.Yield();

            // The memory belongs to the source.
            Array.Fill(buffer, (byte)' ');
            Encoding.UTF8.GetBytes("""{"number":42}""").CopyTo(buffer, 0);
            yield return Stored(2, buffer);
        }

        ImportedEvent Stored(long version, ReadOnlyMemory<byte> data) =>
            ImportedEvent.Stored(stream, version, Histories.IdOf(stream, version), Histories.TimeOf(version), "tally.counted", 1, data);
    }

    [Fact]
    public async Task A_stream_that_exists_goes_on_and_appends_go_on_behind_the_import()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Store.Import(Histories.Of(stream, 1, 4).ToAsyncEnumerable(), ct: Ct);
        await store.Store.Import(Histories.Of(stream, 5, 7).ToAsyncEnumerable(), ct: Ct);

        Assert.Equal(8, (await store.Append(stream, ExpectedVersion.Exactly(7), Counts(8, 8), Ct)).Version);

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], await store.Numbers(stream, Ct));
        Assert.Equal(8, (await store.FeedPositions(Ct)).Count);
    }

    [Fact]
    public async Task Loads_know_states_and_times_of_an_imported_history_and_its_snapshots_are_written()
    {
        await using var store = await NewStore();
        var stream = NewTally();

        await store.Store.Import(Histories.Of(stream, 1, 250).ToAsyncEnumerable(), new() { BatchEvents = 60 }, ct: Ct);
        await store.Store.DrainSnapshots(Ct);

        Assert.Equal([100, 200], await store.Column<long>("select version from eventstore.snapshots order by 1", Ct));
        Assert.Equal((250, 200), (await store.Store.Load<TallyState>(stream, ct: Ct)) is var now ? (now.Version, now.SnapshotVersion) : default);
        Assert.Equal(123, (await store.Store.Load<TallyState>(stream, AsOf.Time(Histories.TimeOf(123)), Ct)).Version);
    }

    [Fact]
    public async Task A_source_without_events_stores_nothing()
    {
        await using var store = await NewStore();
        var reports = new Reports();

        Assert.Equal(default, await store.Store.Import(AsyncEnumerable.Empty<ImportedEvent>(), progress: reports, ct: Ct) with { Elapsed = default });

        Assert.Empty(reports.All);
        Assert.Equal(0, await store.CountStored(Ct));
    }

    [Fact]
    public async Task A_hundred_thousand_events_stream_through_and_no_more_than_two_batches_are_in_memory()
    {
        const int Events = 100_000, Batch = 2_000;
        await using var store = await NewStore();
        StreamId[] streams = [.. Enumerable.Range(0, 50).Select(index => NewTally(index % 2 == 0 ? Acme : Globex))];
        var (taken, dealtWith, most) = (0, 0L, 0L);
        var reports = new Reports(report => Interlocked.Exchange(ref dealtWith, report.Stored + report.Skipped));

        var done = await store.Store.Import(Source(), new() { BatchEvents = Batch }, reports, Ct);

        Assert.Equal((Events, Events / Batch), (done.Stored, reports.All.Count));
        Assert.InRange(most, Batch, 2 * Batch);
        Assert.Equal(Events, await store.CountStored(Ct));
        Assert.Equal(
            Enumerable.Range(0, Events).Select(n => (streams[n % 50].AggregateId, (n / 50) + 1L)),
            (await store.Column<string>("select aggregate_id || ' ' || version from eventstore.events order by position", Ct))
                .Select(line => line.Split(' ') is var parts ? (Guid.Parse(parts[0]), long.Parse(parts[1])) : default));

        async IAsyncEnumerable<ImportedEvent> Source()
        {
            foreach (var imported in Histories.Interleaved(streams, Events / 50))
            {
                taken++;
                most = Math.Max(most, taken - Interlocked.Read(ref dealtWith));
                yield return imported;
            }

            await Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_batch_is_full_with_its_bytes_too()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var reports = new Reports();
        var large = Enumerable.Range(1, 5).Select(version => ImportedEvent.Of(
            stream, version, Histories.IdOf(stream, version), Histories.TimeOf(version), new Noted(new('x', 40_000))));

        await store.Store.Import(large.ToAsyncEnumerable(), new() { BatchBytes = 64 * 1024 }, reports, Ct);

        Assert.Equal([2, 4, 5], reports.All.Select(report => report.Stored));
    }

    [Theory]
    [InlineData(0, 1 << 20, nameof(ImportOptions.BatchEvents))]
    [InlineData(100_001, 1 << 20, nameof(ImportOptions.BatchEvents))]
    [InlineData(10, 1000, nameof(ImportOptions.BatchBytes))]
    [InlineData(10, (256 << 20) + 1, nameof(ImportOptions.BatchBytes))]
    public async Task Options_out_of_range_are_refused_by_name(int events, int bytes, string name)
    {
        await using var store = await NewStore();

        var refused = await Assert.ThrowsAsync<ArgumentException>(
            () => store.Store.Import(AsyncEnumerable.Empty<ImportedEvent>(), new() { BatchEvents = events, BatchBytes = bytes }, ct: Ct));

        Assert.Equal(name, refused.ParamName);
    }
}
