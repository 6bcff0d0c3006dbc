using Monolith.EventSourcing;
using Monolith.EventStore;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Errors that come from the operating system or the state of the whole server, provoked on a server of its own.</summary>
public abstract class OutageConformance(PostgresFixture postgres, OwnServer own) : ConformanceTests(postgres), IClassFixture<OwnServer>
{
    // A disk that is always full: every write to it ends with ENOSPC.
    private const string FullDisk = "/dev/full";

    [Fact, Behaviour(7, 11)]
    public async Task When_the_disk_is_full_each_append_fails_transiently_and_its_repeat_is_stored_once_there_is_room()
    {
        Assert.SkipUnless(File.Exists(FullDisk), $"There is no {FullDisk} here.");
        await using var store = await CreateIn(await own.NewDatabase(Ct));
        var file = await FileOf(store, "events_tally_" + await store.Scalar<string>($"select shard from eventstore.tenants where tenant_id = '{Acme}'", Ct));
        var (stream, events) = (NewTally(), Counts(1, 3));
        var together = Enumerable.Range(0, 40).Select(number => (Stream: NewTally(number % 2 == 0 ? Acme : Initech), Events: Counts(number, number))).ToList();

        // The server's processes that open the file of the leaf from now on find the full disk in its place.
        File.Move(file, file + ".aside");
        File.CreateSymbolicLink(file, FullDisk);
        try
        {
            await Fails(() => store.Append(stream, ExpectedVersion.None, events, Ct));
            await Fails(() => store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct));

            // Who shares a round trip with those that find no room still gets his own answer.
            await Task.WhenAll(together.Select(append => append.Stream.TenantId == Initech
                ? store.Append(append.Stream, ExpectedVersion.None, append.Events, Ct)
                : Fails(() => store.Append(append.Stream, ExpectedVersion.None, append.Events, Ct))));
        }
        finally
        {
            File.Delete(file);
            File.Move(file + ".aside", file);
        }

        // Its processes still hold what they have opened.
        store.DataSource.Clear();
        Assert.Equal(20, await store.CountStored(Ct));
        Assert.Equal(3, (await store.Append(stream, ExpectedVersion.None, events, Ct)).Version);
        foreach (var append in together)
        {
            Assert.Equal(1, (await store.Append(append.Stream, ExpectedVersion.None, append.Events, Ct)).Version);
        }

        Assert.Equal(43, await store.CountStored(Ct));
        Assert.Equal(43, (await store.ReadFeed(new() { Limit = int.MaxValue }, Ct)).Count);
    }

    [Fact]
    public async Task A_standby_is_read_from_refuses_appends_transiently_and_takes_them_when_it_is_promoted()
    {
        await using var before = await CreateIn(await own.NewDatabase(Ct));
        var (stream, events) = (NewTally(), Counts(151, 152));
        await before.Append(stream, ExpectedVersion.None, Counts(1, 150), Ct);
        await before.Store.DrainSnapshots(Ct);
        var data = await before.Scalar<string>("show data_directory", Ct);
        await own.Server.Crash(Ct);
        await File.WriteAllTextAsync(Path.Combine(data, "standby.signal"), "", Ct);
        await own.Server.Restart(Ct);

        await using var store = On(before.ConnectionString);
        Assert.True(await store.Scalar<bool>("select pg_is_in_recovery()", Ct));
        var refused = await Assert.ThrowsAsync<EventStoreUnavailableException>(() => store.Append(stream, ExpectedVersion.Exactly(150), events, Ct));
        Assert.Equal((EventStoreUnavailableException.ReadOnly, true), (refused.Code, refused.IsTransient));
        Assert.Equal(150, (await store.Store.Load<TallyState>(stream, ct: Ct)).Version);
        Assert.Equal(150, (await store.Read(stream, StreamRange.All, Ct)).Count);

        Assert.True(await store.Scalar<bool>("select pg_promote()", Ct));
        Assert.Equal(152, (await store.Append(stream, ExpectedVersion.Exactly(150), events, Ct)).Version);
        Assert.Equal(152, (await store.ReadFeed(new() { Limit = int.MaxValue }, Ct)).Count);
    }

    private static async Task<string> FileOf(ConformanceStore store, string leaf) => Path.Combine(
        await store.Scalar<string>("show data_directory", CancellationToken.None),
        await store.Scalar<string>($"select pg_relation_filepath('eventstore.{leaf}')", CancellationToken.None));

    private static async Task Fails(Func<Task> append)
    {
        var full = await Assert.ThrowsAsync<EventStoreUnavailableException>(append);
        Assert.Equal((EventStoreUnavailableException.ServerFull, true), (full.Code, full.IsTransient));
    }
}
