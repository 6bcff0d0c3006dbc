using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Telemetry;

public sealed class AppendMetricsTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private readonly ConcurrentDictionary<string, long> counts = new(StringComparer.Ordinal);

    [Fact]
    public async Task Faults_are_there_at_zero_before_the_first_and_are_counted_by_what_they_are()
    {
        await using var store = await NewStore();
        using var listener = Listen(store);
        store.Store.DeclareMetrics();
        Assert.Equal(0, counts["monolith.eventstore.conflicts aggregate_type=tally"]);
        Assert.All((string[])["unavailable", "refused", "failed"], error => Assert.Equal(0, counts[$"monolith.eventstore.append.errors aggregate_type=tally error.type={error}"]));

        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 3), Ct);
        await Assert.ThrowsAsync<ConcurrencyException>(() => store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => store.Append(NewTally("nobody"), ExpectedVersion.None, Counts(1, 1), Ct));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), new CancellationToken(canceled: true)));
        await Assert.ThrowsAsync<DivideByZeroException>(() => store.Append(NewTally(), ExpectedVersion.None, Broken(), Ct));

        Assert.Equal(3, counts["monolith.eventstore.events.appended aggregate_type=tally"]);
        Assert.Equal(1, counts["monolith.eventstore.conflicts aggregate_type=tally"]);
        Assert.Equal(
            (0, 1, 1),
            (counts["monolith.eventstore.append.errors aggregate_type=tally error.type=unavailable"],
            counts["monolith.eventstore.append.errors aggregate_type=tally error.type=refused"],
            counts["monolith.eventstore.append.errors aggregate_type=tally error.type=failed"]));
        Assert.DoesNotContain(counts.Keys, key => key.Contains("tenant", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tenants_are_told_apart_where_that_is_asked_for()
    {
        await using var store = await NewStore(new() { Configure = options => options.TenantLabel = true });
        using var listener = Listen(store);
        await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 3), Ct);
        await store.Append(NewTally(Globex), ExpectedVersion.None, Counts(1, 2), Ct);

        Assert.Equal(3, counts[$"monolith.eventstore.events.appended aggregate_type=tally tenant_id={Acme}"]);
        Assert.Equal(2, counts[$"monolith.eventstore.events.appended aggregate_type=tally tenant_id={Globex}"]);
    }

    private static IEnumerable<NewEvent> Broken()
    {
        yield return NewEvent.Of(new Counted(1));
        throw new DivideByZeroException();
    }

    private MeterListener Listen(ConformanceStore store)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == store.Store.Metrics.Meter)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            counts.AddOrUpdate(string.Join(' ', [instrument.Name, .. tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}")]), value, (_, sum) => sum + value));
        listener.Start();
        return listener;
    }
}
