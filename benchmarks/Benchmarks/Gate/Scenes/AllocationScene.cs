using System.Text.Json;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks.Gate;

/// <summary>
/// How many bytes this process allocates for an event: for one of small payload and one of large, of the same shape, so that the difference says what a byte
/// of payload costs and the rest is a constant. Allocations are counted exactly and do not depend on the machine.
/// </summary>
internal sealed class AllocationScene() : Scene("allocations")
{
    private const int Small = 100;
    private const int Large = 4_100;

    private const string Text = $"text in memory takes two bytes for each of its characters; a hundredth more is what the driver allocates to wait for every second row: {Scenes.Bounds}";

    private readonly Pair append = new("append", "an append of one event alone", constant: 7_000);
    private readonly Pair load = new("load", "a load without snapshot, of each event", constant: 500, Text);
    private readonly Pair projection = new("projection", "a catch-up into documents, of each event", constant: 2_500, Text);

    public override IReadOnlyList<Row> Rows => [.. append.Rows, .. load.Rows, .. projection.Rows];

    public override async Task<Played> Play(Pace pace)
    {
        var events = pace.IsDry ? 200 : 2_000;
        await using var dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_allocations"));
        await using var store = await Benchmark.NewStore(dataSource);
        return new(
            [
                .. append.Of(await Append(store, Small, events), await Append(store, Large, events)),
                .. load.Of(await Load(store, Small, events), await Load(store, Large, events)),
                .. projection.Of(await Project(Small, events * 20), await Project(Large, events * 20)),
            ],
            []);
    }

    private static async Task<Bytes> Append(PostgresEventStore store, int length, int events)
    {
        var moved = Movement(length);
        await Write(50);
        return await Allocated(moved, events, () => Write(events));

        async Task Write(int appends)
        {
            var stream = new StreamId("acme", "unsnapped_ledger", Guid.CreateVersion7());
            for (var version = 0; version < appends; version++)
            {
                await store.Append(new(stream, ExpectedVersion.Exactly(version), [NewEvent.Of(moved)]));
            }
        }
    }

    private static async Task<Bytes> Load(PostgresEventStore store, int length, int events)
    {
        const int Loads = 20;
        var moved = Movement(length);
        var stream = new StreamId("acme", "unsnapped_ledger", Guid.CreateVersion7());
        await store.Append(new(stream, ExpectedVersion.None, Enumerable.Repeat(moved, events).Select(NewEvent.Of)));
        await Read();
        return await Allocated(moved, events * Loads, Read);

        async Task Read()
        {
            for (var n = 0; n < Loads; n++)
            {
                Benchmark.Expect(events, (await store.Load<LedgerState>(stream)).State.Movements);
            }
        }
    }

    private static async Task<Bytes> Project(int length, int events)
    {
        const int EventsPerStream = 50;
        var moved = Movement(length);
        await using var ledgers = await ProjectedLedgers.Create(
            "benchmark_allocated_views", events / EventsPerStream, () => [new Opened("Ada Lovelace", "EUR"), .. Enumerable.Repeat(moved, EventsPerStream - 1)]);
        await ledgers.CatchUp(new Ledgers());
        ledgers.Forget(ProjectedLedgers.Documents);
        return await Allocated(moved, events, () => ledgers.CatchUp(new Ledgers()));
    }

    private static async Task<Bytes> Allocated(Moved moved, int events, Func<Task> work)
    {
        GC.Collect();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await work();
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        return new(JsonSerializer.SerializeToUtf8Bytes(moved, EventJson.Options).Length, allocated / (double)events);
    }

    private static Moved Movement(int length) => new(12.50m, new string('m', length), 1012.50m);

    /// <summary>The payload of an event, and what was allocated for it.</summary>
    private readonly record struct Bytes(int Payload, double Allocated);

    private sealed class Pair(string id, string what, double constant, string? reason = null)
    {
        private readonly Row perByte = new($"allocated-{id}-per-byte", $"bytes allocated by {what}", "a byte of its payload, which is text") { Goal = 2, Sense = Sense.AtMost, Reason = reason };
        private readonly Row beside = new($"allocated-{id}-constant", $"bytes allocated by {what}", "the payload aside") { Goal = constant, Sense = Sense.AtMost, Unit = Unit.Bytes };

        public IReadOnlyList<Row> Rows => [perByte, beside];

        public IReadOnlyList<Measure> Of(Bytes small, Bytes large)
        {
            var slope = (large.Allocated - small.Allocated) / (large.Payload - small.Payload);
            return [new(perByte, [slope]), new(beside, [small.Allocated - (slope * small.Payload)])];
        }
    }
}
