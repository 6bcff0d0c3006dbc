using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;
using Xunit;
using static Monolith.EventStore.EventStoreUnavailableException;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Whatever goes wrong in the database has a defined error that says whether to try again; each is provoked here for real.</summary>
public abstract class ErrorConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task A_deadlock_is_transient_and_the_repeat_succeeds()
    {
        await using var store = await NewStore();
        var (ann, bob) = (NewMember(), NewMember());
        await store.Store.Append(Exchange(ann, 0, "a", null), Ct);
        await store.Store.Append(Exchange(bob, 0, "b", null), Ct);

        // The other gives "a" back, for which the append waits, and then wants to write where the append has written. It never looks for
        // deadlocks itself, so that it is the append that is chosen.
        await using var other = await store.BeginAppend(Ct);
        await other.Execute("set local deadlock_timeout = '1h'", Ct);
        await other.Execute("delete from eventstore.claims where value = 'a'", Ct);
        var append = store.Store.Append(Exchange(bob, 1, "a", "b"), Ct);
        await store.UntilBlocked(1, Ct);
        var wish = other.Insert(bob, 2, new(1), Ct);

        await FailsAs(TransactionAborted, () => append);
        await wish;
        await other.Rollback(Ct);
        await store.Store.Append(Exchange(ann, 1, "c", "a"), Ct);
        Assert.Equal(2, (await store.Store.Append(Exchange(bob, 1, "a", "b"), Ct)).Version);
    }

    [Fact]
    public async Task A_serialization_failure_is_transient_and_the_repeat_succeeds()
    {
        await using var store = await NewStore(new() { Connect = connection => connection.Options = "-c default_transaction_isolation=repeatable\\ read" });
        var ann = NewMember();
        await store.Store.Append(Exchange(ann, 0, "a", null), Ct);
        await using var other = await store.BeginAppend(Ct);
        await other.Execute("update eventstore.claims set value = value where value = 'a'", Ct);

        var append = store.Store.Append(Exchange(ann, 1, "b", "a"), Ct);
        await store.UntilBlocked(1, Ct);
        await other.Commit(Ct);

        await FailsAs(TransactionAborted, () => append);
        Assert.Equal(2, (await store.Store.Append(Exchange(ann, 1, "b", "a"), Ct)).Version);
    }

    [Theory]
    [InlineData("-c lock_timeout=100ms", TransactionAborted)]
    [InlineData("-c statement_timeout=100ms", TimedOut)]
    public async Task Waiting_longer_than_the_server_allows_is_transient(string options, string code)
    {
        await using var store = await NewStore();
        var impatient = store.AnotherHost(store.Setup with { Connect = connection => connection.Options = options });
        var stream = NewTally();
        await using var other = await store.BeginAppend(Ct);
        await other.Insert(stream, 1, new(1), Ct);

        await FailsAs(code, () => impatient.Append(stream, ExpectedVersion.Any, Counts(2, 2), Ct));
        await other.Commit(Ct);

        Assert.Equal(2, (await Repeated(() => impatient.Append(stream, ExpectedVersion.Any, Counts(2, 2), Ct))).Version);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_transient_for_every_call()
    {
        await using var store = await NewStore();
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        var remote = store.AnotherHost(store.Setup with { Connect = connection => (connection.Host, connection.Port) = ("127.0.0.1", port) });

        await EveryCallFailsAs(ConnectionLost, remote);
    }

    [Fact]
    public async Task A_server_without_a_connection_left_is_transient_for_every_call()
    {
        await using var store = await NewStore();
        var role = "few_" + Guid.NewGuid().ToString("N");
        await store.Execute($"create role {role} login password 'few' connection limit 0", Ct);
        try
        {
            await store.Execute($"grant usage on schema eventstore to {role}", Ct);
            await store.Execute($"grant all on all tables in schema eventstore to {role}", Ct);
            await store.Execute($"grant all on all sequences in schema eventstore to {role}", Ct);
            var remote = store.AnotherHost(store.Setup with { Connect = connection => (connection.Username, connection.Password) = (role, "few") });
            await EveryCallFailsAs(TooManyConnections, remote);

            await store.Execute($"alter role {role} connection limit 5", Ct);
            Assert.Equal(1, (await remote.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct)).Version);
        }
        finally
        {
            await store.Execute($"drop owned by {role}; drop role {role}", CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_pool_without_a_connection_left_is_transient()
    {
        await using var store = await NewStore(new() { Connect = connection => (connection.MaxPoolSize, connection.Timeout) = (1, 1) });
        await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        await using (await store.DataSource.OpenConnectionAsync(Ct))
        {
            await FailsAs(TimedOut, () => store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct));
        }

        Assert.Equal(1, (await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct)).Version);
    }

    [Fact]
    public async Task A_server_that_takes_no_writes_refuses_appends_transiently_and_is_read_from()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 150), Ct);
        await store.Store.DrainSnapshots(Ct);
        var standby = store.AnotherHost(store.Setup with { Connect = connection => connection.Options = "-c default_transaction_read_only=on" });

        await FailsAs(ReadOnly, () => standby.Append(stream, ExpectedVersion.Any, Counts(2, 2), Ct));
        await FailsAs(ReadOnly, () => standby.Store.Tenants.Add("umbrella", ct: Ct));

        Assert.Equal(150, (await standby.Store.Load<TallyState>(stream, ct: Ct)).Version);
        Assert.Equal(150, (await standby.Read(stream, StreamRange.All, Ct)).Count);
        Assert.Equal(150, (await standby.ReadFeed(new(), Ct)).Count);
    }

    [Fact]
    public async Task A_server_that_may_use_no_more_space_is_transient()
    {
        await using var store = await NewStore(new() { Connect = connection => connection.Options = "-c work_mem=64kB -c temp_file_limit=64kB" });

        await FailsAs(ServerFull, () => store.Append(NewTally(), ExpectedVersion.None, Counts(1, 50_000), Ct));

        Assert.Equal(0, await store.CountStored(Ct));
        Assert.Equal(1, (await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct)).Version);
    }

    [Fact]
    public async Task A_full_disk_is_transient_and_nothing_is_stored()
    {
        await using var store = await NewStore();

        // The server's own words for a full disk, on whichever server there is; a disk that really is full needs a server of its own (OutageConformance).
        await store.Execute("create function full_disk() returns trigger language plpgsql as 'begin raise ''could not extend file'' using errcode = ''disk_full''; end'", Ct);
        await store.Execute("create trigger full_disk after insert on eventstore.events_tally_pool_0 for each row execute function full_disk()", Ct);

        await FailsAs(ServerFull, () => store.Append(NewTally(), ExpectedVersion.None, Counts(1, 3), Ct));

        await store.Execute("drop trigger full_disk on eventstore.events_tally_pool_0", Ct);
        Assert.Equal(0, await store.CountStored(Ct));
        Assert.Equal(3, (await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 3), Ct)).Version);
    }

    [Fact]
    public async Task A_server_process_that_is_ended_is_transient_in_the_middle_of_a_read_too()
    {
        await using var store = await NewStore(new() { Connect = connection => connection.ApplicationName = "reader" });
        var stream = NewOrder();
        await store.Append(stream, ExpectedVersion.None, Enumerable.Range(0, 200).Select(_ => NewEvent.Of(new OrderRemarked(new('x', 100_000)))), Ct);

        var lost = await Assert.ThrowsAsync<EventStoreUnavailableException>(async () =>
        {
            await foreach (var envelope in store.Store.Read(stream, StreamRange.All, Ct))
            {
                if (envelope.Version == 1)
                {
                    await store.Execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'reader'", Ct);
                }
            }
        });

        Assert.True(lost.IsTransient);
        Assert.Contains(lost.Code, (string[])[ServerRestarting, ConnectionLost]);
    }

    [Fact]
    public async Task A_claim_that_is_too_large_for_the_index_is_refused()
    {
        await using var store = await NewStore();
        var name = string.Concat(Enumerable.Range(0, 1500).Select(n => n.ToString("x", CultureInfo.InvariantCulture)));
        var append = new AppendRequest(NewMember(), ExpectedVersion.None, [NewEvent.Of(new Joined("a"))]) { Claims = new([new(name, "a")], []) };

        var refused = await Assert.ThrowsAsync<UnstorableEventException>(() => store.Store.Append(append, Ct));

        Assert.Equal((UnstorableEventException.TooLarge, false), (refused.Code, refused.IsTransient));
        Assert.Equal(0, await store.CountStored(Ct));
    }

    private static AppendRequest Exchange(StreamId member, long version, string taken, string? released) =>
        new(member, ExpectedVersion.Exactly(version), [NewEvent.Of(new Moved(taken))])
        {
            Claims = new([new("email", taken)], released is null ? [] : [new("email", released)]),
        };

    private static async Task FailsAs(string code, Func<Task> call)
    {
        var unavailable = await Assert.ThrowsAsync<EventStoreUnavailableException>(call);
        Assert.Equal((code, true), (unavailable.Code, unavailable.IsTransient));
        Assert.IsType<NpgsqlException>(unavailable.InnerException, exactMatch: false);
    }

    private async Task EveryCallFailsAs(string code, ConformanceStore store)
    {
        var stream = NewTally();
        await FailsAs(code, () => store.Append(stream, ExpectedVersion.Any, Counts(1, 1), Ct));
        await FailsAs(code, () => store.Read(stream, StreamRange.All, Ct).AsTask());
        await FailsAs(code, () => store.Store.Load<TallyState>(stream, ct: Ct));
        await FailsAs(code, () => store.ReadFeed(new(), Ct).AsTask());
        await FailsAs(code, () => store.Store.Feed.Refresh(Ct));
        await FailsAs(code, () => store.Store.Tenants.List(Ct));
        await FailsAs(code, () => store.Store.Tenants.Shards(Ct));
        await FailsAs(code, () => store.Store.Tenants.Add("umbrella", ct: Ct));
        await FailsAs(code, () => store.Store.Tenants.Add("umbrella", TenantPlacement.Dedicated, Ct));
        await FailsAs(code, () => store.Store.Tenants.Disable(Acme, Ct));
    }
}
