using CsCheck;
using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>The store beside the simplest thing that could be one: lists in memory. Both are told the same at random and must say the same.</summary>
public abstract class ModelConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private static readonly DomainModel FrequentSnapshots =
        new DomainModelBuilder().AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(typeof(FrequentTally)).Build();

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (8, Gen.Select(Gen.Int[0, 2], Gen.Int[-2, 0], Gen.Int[0, 4], (stream, expected, count) => (Step)new Append(stream, expected, count))),
        (8, Gen.Select(Gen.Int[0, 2], Gen.Int[0, 12], Gen.Int[1, 4], (stream, expected, count) => (Step)new Append(stream, expected, count))),
        (8, Gen.Select(Gen.Int[0, 2], Gen.Int[1, 7], (stream, count) => (Step)new AppendAtTheEnd(stream, count))),
        (4, Gen.Select(Gen.Int[0, 2], Gen.Int[0, 12], Gen.Int[1, 6], Gen.Bool, (stream, after, count, spoilt) => (Step)new Repeat(stream, after, count, spoilt))),
        (2, Gen.Int[1, 3].Select(count => (Step)new Undone(count))),
        (4, Gen.Select(Gen.Int[0, 2], Gen.Int[-1, 14], Gen.Int[-1, 14], Gen.Int[0, 6], Gen.Bool, (stream, from, to, limit, backward) => (Step)new Read(stream, from, to, limit, backward))),
        (4, Gen.Select(Gen.Int[0, 2], Gen.Int[1, 16], (stream, version) => (Step)new Load(stream, version))),
        (3, Gen.Select(Gen.Int[0, 20], Gen.Int[0, 8], (after, limit) => (Step)new ReadFeed(after, limit))));

    [Fact, Behaviour(2, 3, 4, 12, 14, 17, 21, 24, 26, 27)]
    public async Task The_store_says_what_the_model_says_whatever_both_are_told()
    {
        await using var store = await NewStore(new() { Model = FrequentSnapshots });

        // One after the other: each run reads its own part of the one feed.
        await Steps.List[1, 40].SampleAsync(
            steps => Play(store, steps),
            writeLine: line => TestContext.Current.TestOutputHelper?.WriteLine(line),
            iter: 60,
            threads: 1,
            print: steps => string.Join("; ", steps));
    }

    private async Task Play(ConformanceStore store, List<Step> steps)
    {
        StreamId[] streams = [NewTally(), NewTally(Hooli), NewTally(Initech)];
        var model = new InMemoryModel(streams.Length);
        var before = await store.Store.Feed.Refresh(Ct);
        foreach (var step in steps)
        {
            var (said, expected) = step switch
            {
                Append s => await Appended(s.Stream, Expected(s.Expected), Counts(1, s.Count)),
                AppendAtTheEnd s => await Appended(s.Stream, ExpectedVersion.Exactly(model.Streams[s.Stream].Count), Counts(1, s.Count)),
                Repeat s => await Appended(s.Stream, ExpectedVersion.Exactly(s.After), model.Stored(s.Stream, s.After, s.Count, s.Spoilt)),
                Undone s => await Undo(s.Count),
                Read s => (await Told(streams[s.Stream], s.Range), model.Read(s.Stream, s.Range)),
                Load s => await Loaded(s.Stream, s.Version),
                ReadFeed s => (await Feed(s.After, s.Limit), model.ReadFeed(s.After, s.Limit)),
                _ => throw new InvalidOperationException(),
            };
            Assert.True(said == expected, $"After {step}: the store says {said}, the model {expected}.");
        }

        async Task<(string, string)> Appended(int stream, ExpectedVersion expected, NewEvent[] events) =>
            (await Answer(store.Append(streams[stream], expected, events, Ct)), model.Append(stream, expected, events));

        async Task<(string, string)> Undo(int count)
        {
            await using var undone = await store.BeginAppend(Ct);
            var stream = NewTally();
            for (var version = 1; version <= count; version++)
            {
                await undone.Insert(stream, version, new(version), Ct);
            }

            await undone.Rollback(Ct);
            return ("", "");
        }

        async Task<(string, string)> Loaded(int stream, int version)
        {
            var loaded = await store.Store.Load<TallyState>(streams[stream], AsOf.Version(version), Ct);
            Assert.Equal(loaded.Version, loaded.SnapshotVersion + loaded.EventsRead);
            Assert.Equal(0, loaded.SnapshotVersion % FrequentTally.Every);
            return ($"{loaded.Version} {loaded.State}", model.Load(stream, version));
        }

        async Task<string> Feed(int after, int limit)
        {
            // Positions have gaps; where the model's reader stands is the position of the event that it has read last.
            var all = (await store.ReadFeed(new() { After = before, Limit = int.MaxValue }, Ct)).ConvertAll(e => e.Position);
            var checkpoint = after == 0 ? before : after > all.Count ? long.MaxValue : all[after - 1];
            return string.Join(' ', (await store.ReadFeed(new() { After = checkpoint, Limit = limit }, Ct)).Select(e => e.EventId));
        }

        async Task<string> Told(StreamId stream, StreamRange range) => string.Join(' ', (await store.Read(stream, range, Ct)).Select(e => $"{e.Version}:{e.EventId}"));
    }

    private static ExpectedVersion Expected(int value) => value switch
    {
        -2 => ExpectedVersion.Any,
        -1 => ExpectedVersion.Exists,
        _ => ExpectedVersion.Exactly(value),
    };

    private static async Task<string> Answer(Task<AppendResult> append)
    {
        try
        {
            return $"version {(await append).Version}";
        }
        catch (ConcurrencyException conflict)
        {
            return $"conflict with {conflict.Actual}";
        }
    }

    private abstract record Step;

    private sealed record Append(int Stream, int Expected, int Count) : Step;

    private sealed record AppendAtTheEnd(int Stream, int Count) : Step;

    private sealed record Repeat(int Stream, int After, int Count, bool Spoilt) : Step;

    private sealed record Undone(int Count) : Step;

    private sealed record Read(int Stream, int From, int To, int Limit, bool Backward) : Step
    {
        public StreamRange Range => new() { FromVersion = From, ToVersion = To, Limit = Limit, Backward = Backward };
    }

    private sealed record Load(int Stream, int Version) : Step;

    private sealed record ReadFeed(int After, int Limit) : Step;

    /// <summary>A tally that has a snapshot every few events.</summary>
    [AggregateType("tally", SnapshotEvery = Every)]
    private sealed class FrequentTally(Guid id) : Aggregate<TallyState>(id)
    {
        public const int Every = 5;
    }

    private sealed class InMemoryModel(int streams)
    {
        private readonly List<NewEvent> feed = [];

        public List<NewEvent>[] Streams { get; } = [.. Enumerable.Range(0, streams).Select(_ => new List<NewEvent>())];

        public string Append(int stream, ExpectedVersion expected, NewEvent[] events)
        {
            var stored = Streams[stream];
            if (events.Length == 0)
            {
                return $"version {(expected.IsExact ? expected.Value : 0)}";
            }

            if (expected.Accepts(stored.Count))
            {
                stored.AddRange(events);
                feed.AddRange(events);
                return $"version {stored.Count}";
            }

            var isRepeat = expected.IsExact && stored.Skip((int)expected.Value).Take(events.Length).Select(e => e.Id).SequenceEqual(events.Select(e => e.Id));
            return isRepeat ? $"version {expected.Value + events.Length}" : $"conflict with {stored.Count}";
        }

        /// <summary>Events as they are stored behind a version, for a repeat; spoilt by a new one at their end.</summary>
        public NewEvent[] Stored(int stream, int after, int count, bool spoilt) =>
            [.. Streams[stream].Skip(after).Take(count), .. spoilt ? Counts(1, 1) : []];

        public string Read(int stream, StreamRange range)
        {
            var within = Streams[stream]
                .Select((e, index) => (Version: index + 1, e.Id))
                .Where(e => e.Version >= range.FromVersion && e.Version <= range.ToVersion);
            return string.Join(' ', (range.Backward ? within.Reverse() : within).Take(range.Limit).Select(e => $"{e.Version}:{e.Id}"));
        }

        public string Load(int stream, int version)
        {
            var events = Streams[stream].Take(version).ToList();
            return $"{events.Count} {events.Aggregate(TallyState.Initial, (state, e) => state.Apply(e.Event))}";
        }

        public string ReadFeed(int after, int limit) => string.Join(' ', feed.Skip(after).Take(limit).Select(e => e.Id));
    }
}
