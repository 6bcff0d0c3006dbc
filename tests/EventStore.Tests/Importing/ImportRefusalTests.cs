using System.Text;
using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Importing;

/// <summary>What cannot be stored as it is ends the import by an error that names it, and nothing of its batch is stored.</summary>
public sealed class ImportRefusalTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    [InlineData(2, 1)]
    public async Task A_version_that_does_not_follow_the_one_before_it_is_refused(long before, long version)
    {
        await using var store = await NewStore();
        var stream = NewTally();

        await Refused(store, InvalidImportException.VersionGap, stream, version, [.. Histories.Of(stream, 1, before), Histories.Count(stream, version)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Versions_begin_at_one(long version)
    {
        await using var store = await NewStore();
        var stream = NewTally();

        await Refused(store, InvalidImportException.VersionGap, stream, version, [Histories.Count(stream, version)]);
    }

    [Fact]
    public async Task A_stream_goes_on_where_it_ends_in_the_store()
    {
        await using var store = await NewStore();
        var (stream, missing) = (NewTally(), NewTally());
        await store.Store.Import(Histories.Of(stream, 1, 3).ToAsyncEnumerable(), ct: Ct);

        await Refused(store, InvalidImportException.VersionGap, stream, 5, [Histories.Count(NewTally(), 1), Histories.Count(stream, 5)], stored: 3);
        await Refused(store, InvalidImportException.VersionGap, missing, 2, [Histories.Count(NewTally(), 1), Histories.Count(missing, 2)], stored: 3);
    }

    [Fact]
    public async Task A_time_that_runs_backward_within_a_stream_is_refused_and_by_less_than_a_microsecond_it_does_not()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var (first, second) = (Histories.Count(stream, 1), Histories.TimeOf(1));

        await Refused(store, InvalidImportException.TimeBackward, stream, 2, [first, At(stream, 2, second.AddMicroseconds(-1))]);
        await store.Store.Import(new[] { first, At(stream, 2, second.AddTicks(3)), At(stream, 3, second.AddTicks(1)) }.ToAsyncEnumerable(), ct: Ct);
        await Refused(store, InvalidImportException.TimeBackward, stream, 4, [At(stream, 4, second.AddMicroseconds(-1))], stored: 3);

        // Streams have nothing to do with each other's times.
        await store.Store.Import(new[] { At(NewTally(), 1, second.AddYears(-1)), At(stream, 4, second) }.ToAsyncEnumerable(), ct: Ct);
        Assert.Equal(5, await store.CountStored(Ct));
    }

    [Fact]
    public async Task A_time_in_the_future_or_none_at_all_is_refused()
    {
        var clock = new SetClock();
        await using var store = await NewStore(new() { Time = clock });
        var stream = NewTally();

        await Refused(store, InvalidImportException.InvalidTime, stream, 1, [At(stream, 1, clock.Now.AddMinutes(6))]);
        await Refused(store, InvalidImportException.InvalidTime, stream, 1, [At(stream, 1, DateTimeOffset.MaxValue)]);
        await Refused(store, InvalidImportException.InvalidTime, stream, 1, [At(stream, 1, default)]);
        await store.Store.Import(new[] { At(stream, 1, clock.Now.AddMinutes(4)) }.ToAsyncEnumerable(), ct: Ct);
    }

    [Fact]
    public async Task Sizes_are_held_to_the_limits_of_appends()
    {
        await using var store = await NewStore(new() { Configure = options => (options.MaxEventBytes, options.MaxMetadataBytes) = (2000, 300) });
        var stream = NewTally();
        var fine = Histories.Count(stream, 1);
        var large = new EventMetadata { UserId = new('x', 300) };

        foreach (var bad in (ImportedEvent[])
            [
                ImportedEvent.Of(stream, 2, Guid.NewGuid(), Histories.TimeOf(2), new Noted(new('x', 2000))),
                Stored(stream, 2, "tally.noted", $$"""{"text": "{{new string('x', 2000)}}"}"""),
                Histories.Count(stream, 2) with { Metadata = large },
                Histories.Count(stream, 2) with { Claims = new([new("name", new('x', 513))], []) },
            ])
        {
            await Refused(store, UnstorableEventException.TooLarge, stream, 2, [fine, bad]);
        }
    }

    [Fact]
    public async Task NUL_is_refused_wherever_it_stands()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        foreach (var bad in (ImportedEvent[])
            [
                ImportedEvent.Of(stream, 1, Guid.NewGuid(), Histories.TimeOf(1), new Noted("a\0b")),
                Stored(stream, 1, "tally.noted", """{"text": "a\u0000b"}"""),
                Stored(stream, 1, "tally.counted", """{"number": 1, "unknown": "\\\u0000"}"""),
                Histories.Count(stream, 1) with { Metadata = new() { UserId = "\0" } },
                Histories.Count(stream, 1) with { Claims = new([new("name", "\0")], []) },
            ])
        {
            await Refused(store, UnstorableEventException.InvalidText, stream, 1, [bad]);
        }
    }

    [Theory]
    [InlineData("""{"number": 1, "unknown": "\ud800"}""")]
    [InlineData("""{"number": 1, "unknown": 1e400000}""")]
    public async Task JSON_that_only_the_server_finds_fault_with_is_refused_by_a_typed_error(string json)
    {
        await using var store = await NewStore();
        var stream = NewTally();

        var refused = await Assert.ThrowsAsync<UnstorableEventException>(() => Import(store, Histories.Count(NewTally(), 1), Stored(stream, 1, "tally.counted", json)));

        Assert.Equal((UnstorableEventException.InvalidText, false), (refused.Code, refused.IsTransient));
        Assert.Equal(0, await store.CountStored(Ct));
    }

    [Theory]
    [InlineData("tally.counted", 1, "{")]
    [InlineData("tally.counted", 1, "[]")]
    [InlineData("tally.counted", 1, "{}")]
    [InlineData("tally.counted", 1, "null")]
    [InlineData("tally.counted", 1, "{\"number\": 1} trailing")]
    [InlineData("tally.counted", 2, "{\"number\": 1}")]
    [InlineData("tally.counted", 0, "{\"number\": 1}")]
    public async Task What_no_load_could_read_is_refused(string type, short version, string json)
    {
        await using var store = await NewStore();
        var stream = NewTally();

        var refused = await Assert.ThrowsAsync<UnreadableEventException>(() => Import(store, Stored(stream, 1, type, json, version)));

        Assert.Equal((type, stream, 1), (refused.EventType, refused.Stream, refused.Version));
        Assert.Equal(0, await store.CountStored(Ct));
    }

    [Fact]
    public async Task Types_that_are_not_registered_are_refused()
    {
        await using var store = await NewStore();

        var unknown = await Assert.ThrowsAsync<UnknownEventTypeException>(() => Import(store, Stored(NewTally(), 1, "tally.gone", "{}")));
        Assert.Equal("tally.gone", unknown.EventType);
        await Assert.ThrowsAsync<InvalidModelException>(() => Import(store, ImportedEvent.Of(NewTally(), 1, Guid.NewGuid(), Histories.Begin, new Entered(1, "one"))));
        await Assert.ThrowsAsync<InvalidModelException>(() => Import(store, Histories.Count(new(Acme, "nothing", Guid.NewGuid()), 1)));

        Assert.Equal(0, await store.CountStored(Ct));
    }

    [Fact]
    public async Task A_tenant_that_is_unknown_or_disabled_is_refused_whatever_this_host_remembers()
    {
        await using var store = await NewStore();
        await store.Append(NewTally(Hooli), ExpectedVersion.None, Counts(1, 1), Ct);
        await store.AnotherHost().Store.Tenants.Disable(Hooli, Ct);

        foreach (var unknown in (string[])["nobody", "No Tenant", ""])
        {
            await Assert.ThrowsAsync<UnknownTenantException>(() => Import(store, Histories.Count(NewTally(), 1), Histories.Count(NewTally(unknown), 1)));
        }

        await Assert.ThrowsAsync<TenantDisabledException>(() => Import(store, Histories.Count(NewTally(), 1), Histories.Count(NewTally(Hooli), 1)));
        Assert.Equal(1, await store.CountStored(Ct));
        await store.Store.Tenants.Enable(Hooli, Ct);
        await Import(store, Histories.Count(NewTally(Hooli), 1));
    }

    [Fact]
    public async Task A_tenant_that_lies_elsewhere_now_is_written_where_it_lies()
    {
        await using var store = await NewStore();
        await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        await store.Execute("update eventstore.tenants set shard = 'pool_1' where tenant_id = 'acme'", Ct);

        await Import(store, Histories.Count(NewTally(Globex), 1), Histories.Count(NewTally(), 1));

        Assert.Equal(2, await store.Scalar<long>("select count(*) from eventstore.events_tally_pool_1", Ct));
    }

    private Task<ImportProgress> Import(ConformanceStore store, params ImportedEvent[] events) => store.Store.Import(events.ToAsyncEnumerable(), ct: Ct);

    private async Task Refused(ConformanceStore store, string code, StreamId stream, long version, ImportedEvent[] events, long stored = 0)
    {
        var refused = await Assert.ThrowsAsync<InvalidImportException>(() => Import(store, events));
        Assert.Equal((code, stream, version, false), (refused.Code, refused.Stream, refused.Version, refused.IsTransient));
        Assert.Contains(stream.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Equal(stored, await store.CountStored(Ct));
    }

    private static ImportedEvent At(StreamId stream, long version, DateTimeOffset time) =>
        ImportedEvent.Of(stream, version, Histories.IdOf(stream, version), time, new Counted(version));

    private static ImportedEvent Stored(StreamId stream, long version, string type, string json, short eventVersion = 1) =>
        ImportedEvent.Stored(stream, version, Histories.IdOf(stream, version), Histories.TimeOf(version), type, eventVersion, Encoding.UTF8.GetBytes(json));
}
