using Monolith.EventSourcing;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Who writes, reads or archives at the same moment loses nothing and sees nothing twice.</summary>
public abstract class ArchiveRaceConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_appends_that_race_with_an_archive_each_is_stored_or_refused_and_none_is_lost(bool exactly)
    {
        await using var store = await NewStore();
        ConformanceStore[] hosts = [store, store.AnotherHost()];
        var random = new Random(Seed.Of(TestContext.Current));
        for (var round = 0; round < 15; round++)
        {
            var stream = NewTally();
            await store.Append(stream, ExpectedVersion.None, Counts(1, 5), Ct);
            var acknowledged = 5L;
            var writers = Enumerable.Range(0, 6).Select(writer => Task.Run(() => Write(hosts[writer % 2], stream))).ToList();
            await store.Until($"select count(*) > {5 + random.Next(20)} from eventstore.events where aggregate_id = '{stream.AggregateId}'", Ct);

            var conflicts = 0;
            while (!await Archived(hosts[round % 2], stream))
            {
                conflicts++;
            }

            await Task.WhenAll(writers);
            Assert.True(exactly || conflicts == 0);
            Assert.Equal(Enumerable.Range(1, (int)acknowledged).Select(version => (long)version), await store.Versions(stream, Ct));
            Assert.Equal([0], await store.Column<long>($"select count(*) from only eventstore.events_tally_pool_0 where aggregate_id = '{stream.AggregateId}'", Ct));
            Assert.Equal(acknowledged, await store.Scalar<long>($"select version from eventstore.archived_streams where aggregate_id = '{stream.AggregateId}'", Ct));
            Assert.Equal(0, await store.Scalar<int>("select archiving from eventstore.tenants where tenant_id = 'acme'", Ct));

            async Task Write(ConformanceStore host, StreamId to)
            {
                try
                {
                    while (true)
                    {
                        await host.Append(to, ExpectedVersion.Any, Counts(1, 1), Ct);
                        Interlocked.Increment(ref acknowledged);
                    }
                }
                catch (AggregateArchivedException)
                {
                }
            }
        }

        async Task<bool> Archived(ConformanceStore host, StreamId stream)
        {
            var expected = ExpectedVersion.Any;
            if (exactly)
            {
                expected = ExpectedVersion.Exactly((await host.Store.Load<TallyState>(stream, ct: Ct)).Version);
            }

            try
            {
                return await host.Store.Archive(stream, expected, Ct);
            }
            catch (ConcurrencyException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_stream_that_is_archived_while_somebody_finds_that_it_was_not_is_not_taken_for_missing()
    {
        await using var store = await NewStore();
        await store.Store.Archive(await store.StoreTally(1, Ct), ExpectedVersion.Any, Ct);
        var stream = await store.StoreTally(3, Ct);
        await using var other = await store.AsOwner().BeginAppend(Ct);
        await other.Execute("lock table eventstore.events_tally_pool_0 in access exclusive mode", Ct);

        // It has found no mark, and waits to see whether there is such a stream.
        var restore = store.Store.Restore(stream, Ct);
        await store.UntilBlocked(1, Ct);
        var attempt = Guid.NewGuid();
        await other.Execute($"select eventstore.begin_archiving('acme', 'tally', 'pool_0', '{stream.AggregateId}', 3, '{attempt}')", Ct);
        await other.Execute($"select eventstore.finish_archiving('acme', 'tally', 'pool_0', '{stream.AggregateId}', 3, '{attempt}', now())", Ct);
        await other.Commit(Ct);

        Assert.False(await restore);
        Assert.Equal([1, 2, 3], await store.Numbers(stream, Ct));
        Assert.True(await store.Store.Restore(stream, Ct));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_append_that_was_open_before_is_waited_for_and_later_ones_are_refused_meanwhile(bool exactly)
    {
        await using var store = await NewStore();
        var (stream, neighbour) = (NewTally(), NewTally());
        await store.Append(stream, ExpectedVersion.None, Counts(1, 5), Ct);
        await using var connection = await store.Connect(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        await store.Store.Append(new(stream, ExpectedVersion.Exactly(5), Counts(6, 6)), transaction, Ct);

        var archive = store.AnotherHost().Store.Archive(stream, exactly ? ExpectedVersion.Exactly(5) : ExpectedVersion.Any, Ct);
        await UntilMarked(store, stream);
        foreach (var expected in (ExpectedVersion[])[ExpectedVersion.Exactly(5), ExpectedVersion.Any, ExpectedVersion.Exists, ExpectedVersion.None])
        {
            await Assert.ThrowsAsync<AggregateArchivedException>(() => store.Append(stream, expected, Counts(7, 7), Ct));
            await Assert.ThrowsAsync<AggregateArchivedException>(
                () => store.Store.AppendMany([new(neighbour, ExpectedVersion.Any, Counts(1, 1)), new(stream, expected, Counts(7, 7))], Ct));
            var together = Enumerable.Range(0, 20).Select(_ => store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct)).ToList();
            var refused = store.Append(stream, expected, Counts(7, 7), Ct);
            together.AddRange(Enumerable.Range(0, 20).Select(_ => store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct)));
            await Assert.ThrowsAsync<AggregateArchivedException>(() => refused);
            await Task.WhenAll(together);
        }

        Assert.Equal(1, (await store.Append(neighbour, ExpectedVersion.None, Counts(1, 1), Ct)).Version);
        Assert.Equal((5, false), await Seen(store, stream));
        await transaction.CommitAsync(Ct);

        if (exactly)
        {
            Assert.Equal(6, (await Assert.ThrowsAsync<ConcurrencyException>(() => archive)).Actual);
            Assert.Equal(7, (await store.Append(stream, ExpectedVersion.Exactly(6), Counts(7, 7), Ct)).Version);
            Assert.Equal((7, false), await Seen(store, stream));
        }
        else
        {
            Assert.True(await archive);
            Assert.Equal((6, true), await Seen(store, stream));
        }
    }

    // Between its lock and its snapshot a statement stands for no longer than the processor lets it; here it stands there.
    [Theory]
    [InlineData("lock table eventstore.events_tally_pool_0 in row exclusive mode")]
    [InlineData("lock table eventstore.snapshots_tally_pool_0 in row exclusive mode")]
    [InlineData("select pg_advisory_xact_lock_shared(7741001, 1)")]
    [InlineData("lock table only eventstore.events_tally in access share mode")]
    [InlineData("lock table only eventstore.events in access share mode")]
    public async Task Whoever_may_have_begun_to_write_or_to_read_is_waited_for_and_nobody_who_comes_later(string begins)
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 5), Ct);
        await using var writer = await store.BeginAppend(Ct);
        await writer.Execute(begins, Ct);
        await using var later = await store.BeginAppend(Ct);

        var archive = store.Store.Archive(stream, ExpectedVersion.Any, Ct);
        await UntilMarked(store, stream);
        await store.Until("select exists (select from pg_stat_activity where datname = current_database() and state = 'idle' and query like '%RowExclusiveLock%' and pid <> pg_backend_pid())", Ct);
        await later.Execute(begins, Ct);
        await writer.Insert(stream, 6, new(6), Ct);
        Assert.False(archive.IsCompleted);
        await writer.Commit(Ct);

        Assert.True(await archive);
        Assert.Equal((6, true), await Seen(store, stream));
    }

    [Fact]
    public async Task Giving_up_while_it_waits_leaves_the_stream_as_it_was()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 5), Ct);
        await using var writer = await store.BeginAppend(Ct);
        await writer.TakeFence(Ct);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);

        var archive = store.Store.Archive(stream, ExpectedVersion.Any, patience.Token);
        await UntilMarked(store, stream);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => archive);
        Assert.Equal(6, (await store.Append(stream, ExpectedVersion.Exactly(5), Counts(6, 6), Ct)).Version);
        Assert.Equal(0, await store.Scalar<int>("select sum(archiving)::int from eventstore.tenants", Ct));
    }

    [Fact]
    public async Task A_host_that_dies_in_between_leaves_a_closed_stream_that_can_be_archived_or_restored()
    {
        await using var store = await NewStore();
        StreamId[] streams = [NewTally(), NewTally()];
        foreach (var stream in streams)
        {
            await store.Append(stream, ExpectedVersion.None, Counts(1, 5), Ct);
            await store.Execute($"select eventstore.begin_archiving('acme', 'tally', 'pool_0', '{stream.AggregateId}', -2, gen_random_uuid())", Ct);
            await Assert.ThrowsAsync<AggregateArchivedException>(() => store.Append(stream, ExpectedVersion.Exactly(5), Counts(6, 6), Ct));
            Assert.Equal((5, false), await Seen(store, stream));
        }

        Assert.True(await store.Store.Archive(streams[0], ExpectedVersion.Exactly(5), Ct));
        Assert.True(await store.Store.Restore(streams[1], Ct));

        Assert.Equal((5, true), await Seen(store, streams[0]));
        Assert.Equal(6, (await store.Append(streams[1], ExpectedVersion.Exactly(5), Counts(6, 6), Ct)).Version);
        Assert.Equal(0, await store.Scalar<int>("select sum(archiving)::int from eventstore.tenants", Ct));
    }

    [Fact]
    public async Task Hosts_that_archive_the_same_stream_at_once_move_it_once()
    {
        await using var store = await NewStore();
        ConformanceStore[] hosts = [store, store.AnotherHost(), store.AnotherHost()];
        for (var round = 0; round < 10; round++)
        {
            var stream = NewTally(round % 2 == 0 ? Acme : Globex);
            await store.Append(stream, ExpectedVersion.None, Counts(1, 30), Ct);

            var archived = await Task.WhenAll(hosts.Select(host => Task.Run(() => host.Store.Archive(stream, ExpectedVersion.Exactly(30), Ct))));

            Assert.Contains(true, archived);
            Assert.Equal((30, true), await Seen(store, stream));
            Assert.Equal(Enumerable.Range(1, 30).Select(number => (long)number), await store.Numbers(stream, Ct));
        }

        Assert.Equal(0, await store.Scalar<int>("select sum(archiving)::int from eventstore.tenants", Ct));
    }

    [Fact]
    public async Task A_snapshot_that_was_asked_for_before_is_not_written_behind_the_back_of_the_archive()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await using var writer = await store.BeginAppend(Ct);
        await writer.Execute("lock table eventstore.snapshots_tally_pool_0 in exclusive mode", Ct);
        await store.Append(stream, ExpectedVersion.None, Counts(1, 150), Ct);
        await store.UntilBlocked(1, Ct);

        // The writer of snapshots waits for its lock, before it looks at anything. So nobody waits for it, and it has to see the mark.
        var archive = store.AnotherHost().Store.Archive(stream, ExpectedVersion.Any, Ct);
        await store.UntilBlocked(2, Ct);
        await writer.Rollback(Ct);
        Assert.True(await archive);
        await store.Store.DrainSnapshots(Ct);

        Assert.Equal((150, true), await Seen(store, stream));
        Assert.Equal(0, await store.Scalar<long>("select count(*) from eventstore.snapshots", Ct));
    }

    [Fact]
    public async Task A_plan_from_before_the_archive_was_made_never_misses_what_is_moved_there()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 5), Ct);
        await using var connection = await store.Connect(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        Assert.Equal(5, await Read());

        var archive = store.Store.Archive(stream, ExpectedVersion.Any, Ct);
        await UntilMarked(store, stream);
        await store.Until("select to_regclass('eventstore.events_tally_pool_0_archive') is not null", Ct);
        for (var again = 0; again < 20; again++)
        {
            Assert.Equal(5, await Read());
        }

        await transaction.CommitAsync(Ct);
        Assert.True(await archive);
        Assert.Equal(5, await store.Scalar<long>("select count(*) from eventstore.events", Ct));

        async Task<long> Read()
        {
            await using var command = new NpgsqlCommand("select count(*) from eventstore.events where aggregate_type = 'tally'", connection, transaction);
            await command.PrepareAsync(Ct);
            return (long)(await command.ExecuteScalarAsync(Ct))!;
        }
    }

    [Fact]
    public async Task Readers_see_the_same_while_a_stream_goes_to_the_archive_and_back()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 120), Ct);
        await store.Store.DrainSnapshots(Ct);
        var (state, feed) = ((await store.Store.Load<TallyState>(stream, ct: Ct)).State, await store.FeedPositions(Ct));
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reads = 0;
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(Read)).ToList();

        for (var round = 0; round < 40; round++)
        {
            Assert.True(await store.Store.Archive(stream, ExpectedVersion.Exactly(120), Ct));
            Assert.True(await store.Store.Restore(stream, Ct));
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
        Assert.True(reads > 0);

        async Task Read()
        {
            do
            {
                Assert.Equal(state, (await store.Store.Load<TallyState>(stream, ct: Ct)).State);
                Assert.Equal(120, (await store.Read(stream, StreamRange.All, Ct)).Count);
                Assert.Equal(feed, await store.FeedPositions(Ct));
                Assert.Equal(120, (await store.Store.Feed.ReadShard("pool_0", ["tally"], 0, feed[^1], 1000, Ct)).Events.Count);
                Interlocked.Increment(ref reads);
            }
            while (!done.IsCancellationRequested);
        }
    }

    private async Task<(long Version, bool IsArchived)> Seen(ConformanceStore store, StreamId stream)
    {
        var loaded = await store.Store.Load<TallyState>(stream, ct: Ct);
        return (loaded.Version, loaded.IsArchived);
    }

    private Task UntilMarked(ConformanceStore store, StreamId stream) =>
        store.Until($"select exists (select from eventstore.archived_streams where aggregate_id = '{stream.AggregateId}')", Ct);
}
