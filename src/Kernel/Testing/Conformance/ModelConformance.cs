using CsCheck;
using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>The store beside the simplest thing that could be one: lists in memory. Both are told the same at random and must say the same.</summary>
public abstract class ModelConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    /// <summary>The environment variable that repeats a run that failed: the seed that its message names.</summary>
    public const string SeedVariable = "MONOLITH_MODEL_SEED";

    private static readonly DomainModel FrequentSnapshots =
        new DomainModelBuilder().AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(typeof(FrequentTally)).Build();

    private static readonly Gen<int> Streams = Gen.Int[0, 3];

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (8, Gen.Select(Streams, Gen.Int[-2, 0], Gen.Int[0, 4], (stream, expected, count) => (Step)new Append(stream, expected, count))),
        (8, Gen.Select(Streams, Gen.Int[0, 12], Gen.Int[1, 4], (stream, expected, count) => (Step)new Append(stream, expected, count))),
        (8, Gen.Select(Streams, Gen.Int[1, 7], (stream, count) => (Step)new AppendAtTheEnd(stream, count))),
        (4, Gen.Select(Streams, Gen.Int[0, 12], Gen.Int[1, 6], Gen.Bool, (stream, after, count, spoilt) => (Step)new Repeat(stream, after, count, spoilt))),
        (2, Gen.Int[1, 3].Select(count => (Step)new Undone(count))),
        (4, Gen.Select(Streams, Gen.Int[-1, 14], Gen.Int[-1, 14], Gen.Int[0, 6], Gen.Bool, (stream, from, to, limit, backward) => (Step)new Read(stream, from, to, limit, backward))),
        (4, Gen.Select(Streams, Gen.Int[1, 16], (stream, version) => (Step)new Load(stream, version))),
        (4, Gen.Select(Streams, Gen.Int[-2, 12], (stream, secondsAgo) => (Step)new LoadAtTime(stream, secondsAgo))),
        (3, Gen.Int[-3, 6].Select(seconds => (Step)new Tick(seconds))),
        (6, Gen.Select(Streams, Gen.Int[0, 2], Gen.Bool, (stream, value, release) => (Step)new Claiming(stream, value, release))),
        (3, Gen.Select(Gen.Int[0, 20], Gen.Int[0, 8], (after, limit) => (Step)new ReadFeed(after, limit))));

    [Fact, Behaviour(2, 3, 4, 12, 13, 14, 17, 21, 24, 26, 27, 40, 41)]
    public async Task The_store_says_what_the_model_says_whatever_both_are_told()
    {
        var clock = new SetClock();
        await using var store = await NewStore(new() { Model = FrequentSnapshots, Time = clock });

        // One after the other: each run reads its own part of the one feed.
        await Steps.List[1, 40].SampleAsync(
            steps => Play(store, clock, steps),
            writeLine: line => TestContext.Current.TestOutputHelper?.WriteLine(line),
            seed: Environment.GetEnvironmentVariable(SeedVariable),
            iter: 60,
            threads: 1,
            print: steps => string.Join("; ", steps));
    }

    private async Task Play(ConformanceStore store, SetClock clock, List<Step> steps)
    {
        // Two of one tenant, one that has the id of the first in a tenant of the same shard, and one in a shard of its own.
        var first = NewTally();
        StreamId[] streams = [first, NewTally(), first with { TenantId = Hooli }, NewTally(Initech)];
        var model = new InMemoryModel([.. streams.Select(stream => stream.TenantId)], clock);
        var claims = Guid.NewGuid().ToString("N");
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
                Load s => await Loaded(s.Stream, AsOf.Version(s.Version), model.Load(s.Stream, s.Version)),
                LoadAtTime s => await LoadedAt(s.Stream, clock.Now - TimeSpan.FromSeconds(s.SecondsAgo)),
                Tick s => Ticked(s.Seconds),
                Claiming s => await Claimed(s.Stream, s.Value, s.Release),
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

        async Task<(string, string)> Claimed(int stream, int value, bool release)
        {
            var held = release ? model.HeldBy(stream) : [];
            var append = new AppendRequest(streams[stream], ExpectedVersion.Any, Counts(1, 1))
            {
                Claims = new([Named(value)], [.. held.Where(one => one != value).Select(Named)]),
            };
            return (await Answer(store.Store.Append(append, Ct)), model.Claim(stream, value, held, [.. append.Events]));

            Claim Named(int number) => new("number", $"{claims} {number}");
        }

        (string, string) Ticked(int seconds)
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            return ("", "");
        }

        Task<(string, string)> LoadedAt(int stream, DateTimeOffset time) => Loaded(stream, AsOf.Time(time), model.LoadAt(stream, time));

        async Task<(string, string)> Loaded(int stream, AsOf asOf, string expected)
        {
            var loaded = await store.Store.Load<TallyState>(streams[stream], asOf, Ct);
            Assert.Equal(loaded.Version, loaded.SnapshotVersion + loaded.EventsRead);
            Assert.Equal(0, loaded.SnapshotVersion % FrequentTally.Every);
            return ($"{loaded.Version} {loaded.State}", expected);
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
        catch (ClaimTakenException)
        {
            return "taken";
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

    private sealed record LoadAtTime(int Stream, int SecondsAgo) : Step;

    /// <summary>The clock goes on, or is set back.</summary>
    private sealed record Tick(int Seconds) : Step;

    /// <summary>An event that takes a claim, and may give back those that its stream has.</summary>
    private sealed record Claiming(int Stream, int Value, bool Release) : Step;

    private sealed record ReadFeed(int After, int Limit) : Step;

    /// <summary>A tally that has a snapshot every few events.</summary>
    [AggregateType("tally", SnapshotEvery = Every)]
    private sealed class FrequentTally(Guid id) : Aggregate<TallyState>(id)
    {
        public const int Every = 5;
    }

    private sealed class InMemoryModel(string[] tenants, SetClock clock)
    {
        private readonly List<NewEvent> feed = [];
        private readonly List<DateTimeOffset>[] times = [.. tenants.Select(_ => new List<DateTimeOffset>())];
        private readonly Dictionary<(string TenantId, int Value), int> holders = [];

        public List<NewEvent>[] Streams { get; } = [.. tenants.Select(_ => new List<NewEvent>())];

        public List<int> HeldBy(int stream) => [.. holders.Where(claim => claim.Value == stream).Select(claim => claim.Key.Value)];

        public string Append(int stream, ExpectedVersion expected, NewEvent[] events)
        {
            var stored = Streams[stream];
            if (events.Length == 0)
            {
                return $"version {(expected.IsExact ? expected.Value : 0)}";
            }

            if (expected.Accepts(stored.Count))
            {
                // Time never goes backward in a stream.
                var now = times[stream].Count == 0 || clock.Now > times[stream][^1] ? clock.Now : times[stream][^1];
                times[stream].AddRange(events.Select(_ => now));
                stored.AddRange(events);
                feed.AddRange(events);
                return $"version {stored.Count}";
            }

            var isRepeat = expected.IsExact && stored.Skip((int)expected.Value).Take(events.Length).Select(e => e.Id).SequenceEqual(events.Select(e => e.Id));
            return isRepeat ? $"version {expected.Value + events.Length}" : $"conflict with {stored.Count}";
        }

        public string Claim(int stream, int value, List<int> released, NewEvent[] events)
        {
            if (holders.TryGetValue((tenants[stream], value), out var holder) && holder != stream)
            {
                return "taken";
            }

            foreach (var one in released)
            {
                holders.Remove((tenants[stream], one));
            }

            holders[(tenants[stream], value)] = stream;
            return Append(stream, ExpectedVersion.Any, events);
        }

        public string LoadAt(int stream, DateTimeOffset time) => Load(stream, times[stream].Count(recorded => recorded <= time));

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
