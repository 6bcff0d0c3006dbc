using Monolith.EventSourcing;
using Monolith.Testing;
using Npgsql;

namespace Monolith.EventStore.Tests;

public sealed class CoalescingTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_one_of_many_concurrent_appends_gets_its_own_answer(int lanes)
    {
        await using var bench = await Bench.Open(postgres, lanes);
        var streams = Enumerable.Range(0, 40).Select(_ => bench.NewStream()).ToArray();

        // Forty streams, ten writers each: every writer believes the stream is new, one of each ten is right.
        var outcomes = await Task.WhenAll(streams.SelectMany(stream => Enumerable.Range(0, 10).Select(async writer =>
        {
            try
            {
                var result = await bench.Append(stream, ExpectedVersion.None, new Entered(writer, "first"));
                return (Stream: stream, Won: true, Version: result.Version);
            }
            catch (ConcurrencyException conflict)
            {
                return (Stream: stream, Won: false, Version: conflict.Actual);
            }
        })));

        Assert.All(outcomes.GroupBy(outcome => outcome.Stream), stream => Assert.Single(stream, outcome => outcome.Won));
        Assert.All(outcomes, outcome => Assert.Equal(1, outcome.Version));
        Assert.Equal(40, (await bench.Feed()).Count);
    }

    [Fact]
    public async Task Concurrent_appends_to_one_stream_keep_the_order_in_which_they_came()
    {
        await using var bench = await Bench.Open(postgres, lanes: 2);
        var stream = bench.NewStream();

        var appends = Enumerable.Range(1, 200).Select(n => bench.Append(stream, ExpectedVersion.Any, new Entered(n, "in order"))).ToArray();
        var results = await Task.WhenAll(appends);

        Assert.Equal(Enumerable.Range(1, 200).Select(n => (long)n), results.Select(result => result.Version));
        Assert.Equal(Enumerable.Range(1, 200).Select(n => (decimal)n), (await bench.Feed()).Select(e => ((Entered)e.Event).Amount));
    }

    [Fact]
    public async Task An_append_that_waits_for_a_foreign_transaction_holds_no_neighbour_up()
    {
        await using var bench = await Bench.Open(postgres, lanes: 1);
        var blocked = bench.NewStream();
        await bench.Append(blocked, ExpectedVersion.None, new Entered(1, "first"));

        // Another host's transaction has taken version 2 and does not end.
        await using var connection = await bench.DataSource.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var foreign = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var copy = new NpgsqlCommand(
            """
            insert into eventstore.events
            select nextval('eventstore.position'), 2, recorded_at, gen_random_uuid(), aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
            from eventstore.events where aggregate_id = $1
            """,
            connection))
        {
            copy.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = blocked.AggregateId });
            Assert.Equal(1, await copy.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        }

        // The first takes the only lane; the rest leaves as one batch, which cannot go through.
        var appends = Enumerable.Range(0, 50).Select(_ => bench.Append(bench.NewStream(), ExpectedVersion.None, new Entered(1, "neighbour"))).ToList();
        var waiting = bench.Append(blocked, ExpectedVersion.Exactly(1), new Entered(2, "waits"));
        appends.AddRange(Enumerable.Range(0, 50).Select(_ => bench.Append(bench.NewStream(), ExpectedVersion.None, new Entered(1, "neighbour"))));

        await Task.WhenAll(appends).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);

        await foreign.CommitAsync(TestContext.Current.CancellationToken);
        var conflict = await Assert.ThrowsAsync<ConcurrencyException>(() => waiting);
        Assert.Equal(2, conflict.Actual);
    }

    [Fact]
    public async Task A_caller_that_cancels_while_it_waits_withdraws_its_append_and_nobody_elses()
    {
        await using var bench = await Bench.Open(postgres, lanes: 1);
        using var cancel = new CancellationTokenSource();
        var neighbours = Enumerable.Range(0, 20).Select(_ => bench.Append(bench.NewStream(), ExpectedVersion.None, new Entered(1, "stays"))).ToList();
        var stream = bench.NewStream();
        var cancelled = bench.Append(stream, ExpectedVersion.None, cancel.Token, new Entered(1, "goes"));
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Task.WhenAll(neighbours);
        var stored = (await bench.Feed()).Count(e => e.AggregateId == stream.AggregateId);
        Assert.InRange(stored, 0, 1);
        Assert.Equal(20, (await bench.Feed()).Count(e => ((Entered)e.Event).Note == "stays"));
    }

    [Fact]
    public async Task A_batch_spans_tenants_and_shards_and_refuses_only_the_tenant_that_is_disabled()
    {
        await using var bench = await Bench.Open(postgres, lanes: 1);
        for (var n = 0; n < 12; n++)
        {
            await bench.Store.Tenants.Add($"tenant-{n}", n == 11 ? TenantPlacement.Dedicated : TenantPlacement.Pool, TestContext.Current.CancellationToken);
            await bench.Append(new($"tenant-{n}", "ledger", Guid.CreateVersion7()), ExpectedVersion.None, new Entered(1, "warm"));
        }

        await using (var disable = bench.DataSource.CreateCommand("update eventstore.tenants set status = 'disabled' where tenant_id = 'tenant-3'"))
        {
            await disable.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var appends = Enumerable.Range(0, 12)
            .Select(n => (Tenant: n, Append: bench.Append(new($"tenant-{n}", "ledger", Guid.CreateVersion7()), ExpectedVersion.None, new Entered(2, "batch"))))
            .ToList();
        foreach (var (tenant, append) in appends)
        {
            if (tenant == 3)
            {
                await Assert.ThrowsAsync<TenantDisabledException>(() => append);
            }
            else
            {
                Assert.Equal(1, (await append).Version);
            }
        }
    }

    private sealed class Bench : IAsyncDisposable
    {
        private readonly TestDatabase database;

        private Bench(TestDatabase database, int lanes)
        {
            this.database = database;
            DataSource = NpgsqlDataSource.Create(ConnectionStrings.Tune(database.ConnectionString));
            Store = new(DataSource, Ledger.Model, new() { AppendLanes = lanes });
        }

        public NpgsqlDataSource DataSource { get; }

        public PostgresEventStore Store { get; }

        public static async Task<Bench> Open(PostgresFixture postgres, int lanes) =>
            new(await postgres.CreateDatabase(Ledger.Database, TestContext.Current.CancellationToken), lanes);

        public StreamId NewStream() => new("acme", "ledger", Guid.CreateVersion7());

        public Task<AppendResult> Append(StreamId stream, ExpectedVersion expected, params object[] events) =>
            Append(stream, expected, TestContext.Current.CancellationToken, events);

        public Task<AppendResult> Append(StreamId stream, ExpectedVersion expected, CancellationToken ct, params object[] events) =>
            Store.Append(new(stream, expected, events.Select(NewEvent.Of)), ct);

        public async Task<List<EventEnvelope>> Feed() =>
            await Store.ReadFeed(new() { Limit = 10_000 }, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        public async ValueTask DisposeAsync()
        {
            await Store.DisposeAsync();
            await DataSource.DisposeAsync();
            await database.DisposeAsync();
        }
    }
}
