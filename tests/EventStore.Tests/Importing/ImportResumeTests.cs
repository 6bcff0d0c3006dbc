using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Importing;

/// <summary>An import that was stopped goes on when it is run again, and nobody else's appends are ever taken for its own.</summary>
public sealed class ImportResumeTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private static readonly ImportOptions Small = new() { BatchEvents = 10 };

    [Theory]
    [InlineData(10)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task A_source_that_fails_midway_is_imported_again_from_its_beginning_and_nothing_is_stored_twice(int secondBatch)
    {
        await using var store = await NewStore();
        StreamId[] streams = [NewTally(), NewTally(Globex), NewOrder()];
        var source = Histories.Interleaved(streams, 12).ToList();

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => store.Store.Import(Failing(source, after: 25), Small, ct: Ct));
        Assert.Equal(20, await store.CountStored(Ct));
        var done = await store.AnotherHost().Store.Import(source.ToAsyncEnumerable(), new() { BatchEvents = secondBatch }, ct: Ct);
        var again = await store.Store.Import(source.ToAsyncEnumerable(), Small, ct: Ct);

        Assert.Equal((16, 20), (done.Stored, done.Skipped));
        Assert.Equal((0, 36, 0), (again.Stored, again.Skipped, again.Position));
        Assert.Equal(source.Select(e => e.Id), (await store.ReadFeed(new(), Ct)).Select(e => e.EventId));
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_midst_of_a_batch_leaves_nothing_of_it_and_the_import_can_be_repeated()
    {
        await using var store = await NewStore();
        StreamId[] streams = [NewTally(), NewTally(Globex)];
        var source = Histories.Interleaved(streams, 10).ToList();
        await using var rival = await store.BeginAppend(Ct);
        await rival.Insert(streams[1], 6, new(100), Ct);

        var import = store.Store.Import(source.ToAsyncEnumerable(), Small, ct: Ct);
        await store.UntilBlocked(1, Ct);
        await store.Execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", Ct);

        var lost = await Assert.ThrowsAsync<EventStoreUnavailableException>(() => import);
        Assert.True(lost.IsTransient);
        Assert.Equal(10, await store.CountStored(Ct));
        await rival.Rollback(Ct);
        Assert.Equal((10, 10), await store.Store.Import(source.ToAsyncEnumerable(), Small, ct: Ct) is var done ? (done.Stored, done.Skipped) : default);
        Assert.Equal(source.Select(e => e.Id), (await store.ReadFeed(new(), Ct)).Select(e => e.EventId));
    }

    [Fact]
    public async Task A_cancelled_import_leaves_whole_batches_only()
    {
        await using var store = await NewStore();
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reports = new Reports(report => { if (report.Stored == 30) { cancelled.Cancel(); } });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => store.Store.Import(Histories.Of(NewTally(), 1, 1000).Slowly(Ct), Small, reports, cancelled.Token));

        Assert.Equal(0, await store.CountStored(Ct) % 10);
        Assert.InRange(await store.CountStored(Ct), 30, 40);
    }

    [Fact]
    public async Task A_batch_that_cannot_be_written_stops_the_reading()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);

        await Assert.ThrowsAsync<ConcurrencyException>(() => store.Store.Import(Endless(Ct), Small, ct: Ct));

        async IAsyncEnumerable<ImportedEvent> Endless([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct = default)
        {
            foreach (var imported in Histories.Of(stream, 1, 15))
            {
                yield return imported;
            }

            await Task.Delay(Timeout.Infinite, ct);
        }
    }

    [Fact]
    public async Task Another_event_at_a_version_of_the_source_is_a_conflict_that_names_the_stream()
    {
        await using var store = await NewStore();
        var (stream, other) = (NewTally(), NewTally());
        await store.Append(stream, ExpectedVersion.None, Counts(1, 3), Ct);

        var conflict = await Assert.ThrowsAsync<ConcurrencyException>(
            () => store.Store.Import(Histories.Of(other, 1, 3).Concat(Histories.Of(stream, 1, 5)).ToAsyncEnumerable(), ct: Ct));

        Assert.Equal((stream, 0, 3), (conflict.Stream, conflict.Expected.Value, conflict.Actual));
        Assert.Equal(3, await store.CountStored(Ct));
    }

    [Fact]
    public async Task An_append_between_two_batches_is_a_conflict_and_the_batches_before_it_stay()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var rival = store.AnotherHost();

        var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => store.Store.Import(Source(), Small, ct: Ct));

        Assert.Equal((stream, 10, 11), (conflict.Stream, conflict.Expected.Value, conflict.Actual));
        Assert.Equal(11, await store.CountStored(Ct));

        async IAsyncEnumerable<ImportedEvent> Source()
        {
            foreach (var imported in Histories.Of(stream, 1, 20))
            {
                if (imported.Version == 11)
                {
                    await store.Until("select count(*) = 10 from eventstore.events", Ct);
                    await rival.Append(stream, ExpectedVersion.Exactly(10), Counts(11, 11), Ct);
                }

                yield return imported;
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_append_on_its_way_to_the_same_version_is_waited_for_and_a_conflict_only_if_it_is_stored(bool commits)
    {
        await using var store = await NewStore();
        StreamId[] streams = [NewTally(), NewTally(), NewTally(Globex)];
        await using var rival = await store.BeginAppend(Ct);
        await rival.Insert(streams[1], 1, new(100), Ct);

        var import = store.Store.Import(Histories.Interleaved(streams, 2).ToAsyncEnumerable(), ct: Ct);
        await store.UntilBlocked(1, Ct);
        await (commits ? rival.Commit(Ct) : rival.Rollback(Ct));

        if (commits)
        {
            var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => import);
            Assert.Equal((streams[1], 0, 1), (conflict.Stream, conflict.Expected.Value, conflict.Actual));
        }
        else
        {
            Assert.Equal(6, (await import).Stored);
        }

        Assert.Equal(commits ? 1 : 6, await store.CountStored(Ct));
    }

    [Fact]
    public async Task An_append_that_meets_a_batch_on_its_way_goes_behind_it()
    {
        await using var store = await NewStore();
        StreamId[] streams = [NewTally(), NewTally()];
        await using var holder = await store.BeginAppend(Ct);
        await holder.Insert(streams[1], 2, new(100), Ct);
        var import = store.Store.Import(Histories.Interleaved(streams, 2).ToAsyncEnumerable(), ct: Ct);
        await store.UntilBlocked(1, Ct);

        var append = store.AnotherHost().Append(streams[0], ExpectedVersion.Any, Counts(3, 4), Ct);
        await store.UntilBlocked(2, Ct);
        await holder.Rollback(Ct);

        Assert.Equal(4, (await import).Stored);
        Assert.Equal(4, (await append).Version);
        Assert.Equal([1, 2, 3, 4], await store.Numbers(streams[0], Ct));
    }

    [Fact]
    public async Task The_same_source_imported_twice_at_once_is_stored_once()
    {
        await using var store = await NewStore();
        StreamId[] streams = [NewTally(), NewTally(Globex), NewTally(Initech)];
        var source = Histories.Interleaved(streams, 100).ToList();

        var done = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => store.AnotherHost().Store.Import(source.Slowly(Ct), Small, ct: Ct)));

        Assert.Equal(300, done.Sum(import => import.Stored));
        Assert.All(done, import => Assert.Equal(300, import.Stored + import.Skipped));
        Assert.Equal(source.Select(e => e.Id), (await store.ReadFeed(new(), Ct)).Select(e => e.EventId));
    }

    [Fact]
    public async Task A_batch_on_its_way_holds_the_feed_back_so_that_nothing_of_it_is_ever_missed()
    {
        await using var store = await NewStore();
        StreamId[] streams = [NewTally(), NewTally()];
        await using var rival = await store.BeginAppend(Ct);

        // Stands in the way of the batch's last row, and holds no fence itself.
        await rival.Execute(
            $$"""
            insert into eventstore.events (
              position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
            )
            values (-1, 2, now(), gen_random_uuid(), '{{streams[1].AggregateId}}', 1, 'tally', 'pool_0', 'acme', 'tally.counted', '{"number": 0}', '{}')
            """,
            Ct);
        var import = store.Store.Import(Histories.Interleaved(streams, 2).ToAsyncEnumerable(), ct: Ct);
        await store.UntilBlocked(1, Ct);

        await store.AnotherHost().Append(NewTally(), ExpectedVersion.None, Counts(9, 9), Ct);
        Assert.Empty(await store.ReadFeed(new(), Ct));
        await rival.Rollback(Ct);
        await import;

        Assert.Equal([1, 1, 2, 2, 9], (await store.ReadFeed(new(), Ct)).Select(e => ((Counted)e.Event).Number));
    }

    [Fact]
    public async Task While_hosts_append_and_read_nothing_is_lost_doubled_or_out_of_order()
    {
        const int Writers = 4, Appends = 60;
        await using var store = await NewStore();
        var (writer, reader) = (store.AnotherHost(), store.AnotherHost());
        List<long>[] seen = [[], []];
        FeedFollower[] followers =
        [
            new(reader, shards: false, seed: 1, e => seen[0].Add(e.Position)), new(reader, shards: true, seed: 2, e => seen[1].Add(e.Position)),
        ];
        StreamId[] imported = [.. Enumerable.Range(0, 20).Select(index => NewTally(index % 2 == 0 ? Acme : Globex))];
        StreamId[] appended = [.. Enumerable.Range(0, Writers).Select(index => NewTally(index % 2 == 0 ? Acme : Globex))];
        using var done = new CancellationTokenSource();
        var following = followers.Select(follower => Task.Run(() => follower.Run(done.Token, Ct))).ToArray();

        var import = store.Store.Import(Histories.Interleaved(imported, 100).Slowly(Ct), new() { BatchEvents = 50 }, ct: Ct);
        await Task.WhenAll(appended.Select(async stream =>
        {
            for (var version = 1; version <= Appends; version++)
            {
                await writer.Append(stream, ExpectedVersion.Exactly(version - 1), Counts(version, version), Ct);
            }
        }));
        await import;
        await done.CancelAsync();
        await Task.WhenAll(following);

        var last = await store.Scalar<long>("select max(position) from eventstore.events", Ct);
        var positions = await store.Column<long>("select position from eventstore.events order by 1", Ct);
        Assert.Equal((20 * 100) + (Writers * Appends), positions.Count);
        foreach (var follower in followers)
        {
            await follower.Finish(last, Ct);
            Assert.Equal(0, follower.OutOfOrder);
        }

        Assert.All(seen, one => Assert.Equal(positions, one.Order()));
    }

    private static async IAsyncEnumerable<ImportedEvent> Failing(IEnumerable<ImportedEvent> source, int after)
    {
        foreach (var imported in source.Take(after))
        {
            await Task.Yield();
            yield return imported;
        }

        throw new TimeZoneNotFoundException();
    }
}
