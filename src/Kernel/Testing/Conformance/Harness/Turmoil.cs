using System.Collections.Concurrent;
using System.Diagnostics;
using Monolith.EventSourcing;
using Monolith.EventStore;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>
/// Writers on several hosts that do everything at random which writers may do, undone and killed transactions among it, while readers follow the
/// feed; afterwards the tables, the acknowledgements and what the readers saw are compared. What each writer does follows from the seed; how
/// they meet does not. What is compared is forgotten, so it may go on for as long as one likes.
/// </summary>
public sealed class Turmoil
{
    private const int MaxFollowers = 10;
    private const int MaxNewStreams = 1000;

    private readonly ConformanceStore[] hosts;
    private readonly int seed;
    private readonly StreamId[] shared;
    private readonly Receipts receipts = new();
    private readonly ConcurrentQueue<(FeedFollower Follower, StreamWitness Witness)> followers = new();
    private int newStreams;
    private int outages;

    /// <summary>A turmoil on the hosts of one database.</summary>
    public Turmoil(int seed, params ConformanceStore[] hosts)
    {
        this.seed = seed;
        this.hosts = hosts;
        string[] tenants = [Acme, Globex, Hooli, Initech];
        shared = [.. Enumerable.Range(0, 12).Select(index => NewTally(tenants[index % tenants.Length]))];
    }

    /// <summary>
    /// Whether tenants are moved between shards meanwhile. Then nobody follows the feed shard by shard: what a reader has passed in one shard it may not have passed
    /// in another, which is the affair of those who move (see the tests of projections).
    /// </summary>
    public bool TenantsMove { get; init; }

    /// <summary>How long a writer takes for a turn at least, and how long a reader rests after each step: a steady load instead of as much as there can be.</summary>
    public TimeSpan Pace { get; init; }

    /// <summary>Lets writers work until it is enough, and readers until they have seen all of it.</summary>
    public async Task<TurmoilReport> Run(int writers, Func<int, bool> isEnough, CancellationToken ct)
    {
        using var done = new CancellationTokenSource();
        var following = hosts
            .SelectMany(host => TenantsMove ? [false] : new[] { false, true }, (host, shards) => Follow(host, shards, done, ct))
            .ToList();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(index => Task.Run(() => Write(index, isEnough, following, done, ct), ct)));
        await done.CancelAsync();
        await Task.WhenAll(following);
        return await Compare(ct);
    }

    // The first one is compared with what the writers were told.
    private Task Follow(ConformanceStore host, bool shards, CancellationTokenSource done, CancellationToken ct)
    {
        var (witness, isFirst) = (new StreamWitness(), followers.IsEmpty);
        var follower = new FeedFollower(host, shards, seed, envelope =>
        {
            witness.See(envelope);
            if (isFirst)
            {
                receipts.See(((Counted)envelope.Event).Number, envelope.Version);
            }
        })
        {
            Pace = Pace,
        };
        followers.Enqueue((follower, witness));
        return Task.Run(() => follower.Run(done.Token, ct), ct);
    }

    private async Task Write(int index, Func<int, bool> isEnough, List<Task> following, CancellationTokenSource done, CancellationToken ct)
    {
        var random = new Random(HashCode.Combine(seed, index));
        var host = hosts[index % hosts.Length];
        var own = NewTally(new[] { Acme, Globex, Hooli, Initech }[index % 4]);
        for (var (turn, ownVersion, started) = (0, 0L, 0L); !isEnough(turn); turn++)
        {
            await Rest(started, ct);
            started = Stopwatch.GetTimestamp();
            var stream = shared[random.Next(shared.Length)];
            var events = NewEvents(random.Next(1, 4));
            try
            {
                switch (random.Next(100))
                {
                    case < 50:
                        await Acknowledge(host.Append(stream, ExpectedVersion.Any, events, ct), events);
                        break;
                    case < 65:
                        var version = (await host.Store.Load<TallyState>(stream, ct: ct)).Version;
                        await AppendTwice(host, stream, ExpectedVersion.Exactly(version), events, ct);
                        break;
                    case < 70 when Interlocked.Increment(ref newStreams) <= MaxNewStreams:
                        await AppendTwice(host, NewTally(own.TenantId), ExpectedVersion.None, events, ct);
                        break;
                    case < 75:
                        await Refused<ConcurrencyException>(host.Append(stream, ExpectedVersion.Exactly(long.MaxValue), events, ct));
                        break;
                    case < 78:
                        await Refused<UnstorableEventException>(host.Append(stream, ExpectedVersion.Any, [.. events, NewEvent.Of(new Noted("\0"))], ct));
                        break;
                    case < 85:
                        await Cancel(host, stream, NewEvents(events.Length, certain: false), TimeSpan.FromMicroseconds(random.Next(2000)));
                        break;
                    case < 98:
                        ownVersion = await ByHand(host, own, ownVersion, events, random, ct);
                        break;
                    default:
                        // A reader that begins in the middle of everything.
                        lock (following)
                        {
                            if (following.Count < MaxFollowers)
                            {
                                following.Add(Follow(host, shards: false, done, ct));
                            }
                        }

                        break;
                }
            }
            catch (EventStoreUnavailableException unavailable) when (unavailable.IsTransient)
            {
                Interlocked.Increment(ref outages);
                Array.ForEach(events, @event => receipts.Doubt(((Counted)@event.Event).Number));
            }
        }
    }

    private Task Rest(long started, CancellationToken ct) =>
        started != 0 && Pace - Stopwatch.GetElapsedTime(started) is var rest && rest > TimeSpan.Zero ? Task.Delay(rest, ct) : Task.CompletedTask;

    private NewEvent[] NewEvents(int count, bool certain = true) =>
        [.. Enumerable.Range(0, count).Select(_ => NewEvent.Of(new Counted(receipts.Next(certain))))];

    private async Task<AppendResult> Acknowledge(Task<AppendResult> append, NewEvent[] events)
    {
        var result = await append;
        var version = result.Version - events.Length;
        foreach (var @event in events)
        {
            receipts.Tell(((Counted)@event.Event).Number, ++version);
        }

        return result;
    }

    private async Task AppendTwice(ConformanceStore host, StreamId stream, ExpectedVersion expected, NewEvent[] events, CancellationToken ct)
    {
        AppendResult first;
        try
        {
            first = await Acknowledge(host.Append(stream, expected, events, ct), events);
        }
        catch (ConcurrencyException)
        {
            return;
        }

        if (await host.Append(stream, expected, events, ct) != first)
        {
            receipts.Contradict();
        }
    }

    private static async Task Refused<TError>(Task<AppendResult> append) where TError : EventSourcingException
    {
        try
        {
            await append;
        }
        catch (TError)
        {
            return;
        }

        throw new InvalidOperationException($"There was no {typeof(TError).Name}.");
    }

    private static async Task Cancel(ConformanceStore host, StreamId stream, NewEvent[] events, TimeSpan after)
    {
        using var cancel = new CancellationTokenSource(after);
        try
        {
            await host.Append(stream, ExpectedVersion.Any, events, cancel.Token);
        }
        catch (OperationCanceledException)
        {
        }
    }

    // A slow append of another kind of host: it ends well, is undone, or dies.
    private async Task<long> ByHand(ConformanceStore host, StreamId stream, long version, NewEvent[] events, Random random, CancellationToken ct)
    {
        var hold = TimeSpan.FromMilliseconds(random.Next(15));
        await using var append = await host.BeginAppend(ct);
        for (var i = 0; i < events.Length; i++)
        {
            if (await append.Insert(stream, version + i + 1, (Counted)events[i].Event, ct) == 0)
            {
                await append.Rollback(ct);
                return version;
            }

            await Task.Delay(hold, ct);
        }

        switch (random.Next(10))
        {
            case < 6:
                await append.Commit(ct);
                await Acknowledge(Task.FromResult(new AppendResult(version + events.Length, 0)), events);
                return version + events.Length;
            case < 9:
                await append.Rollback(ct);
                return version;
            default:
                await host.Scalar<bool>($"select pg_terminate_backend({append.ProcessId}, 10000)", ct);
                return version;
        }
    }

    private async Task<TurmoilReport> Compare(CancellationToken ct)
    {
        // In this order: an append whose writer has given up may still be on its way, and be stored between the two. Readers have to reach what was counted.
        var (streams, events) = await Stored(ct);
        var last = await hosts[0].Scalar<long>("select coalesce(max(position), 0) from eventstore.events", ct);
        foreach (var (follower, witness) in followers)
        {
            await follower.Finish(last, ct);
            witness.Finish(streams);
        }

        return new()
        {
            Seed = seed,
            Events = events,
            Gaps = last - events,
            Readers = followers.Count,
            LongestHold = followers.Max(one => one.Follower.LongestHold),
            MostOpen = receipts.MostOpen,
            Outages = outages,
            Unacknowledged = receipts.Unacknowledged,
            AcknowledgedButMissing = receipts.AcknowledgedButMissing,
            OutOfVersion = await hosts[0].Scalar<long>(
                """
                select count(*)
                from (select version, row_number() over (partition by tenant_id, aggregate_id order by position) as number from eventstore.events) numbered
                where version <> number
                """,
                ct),
            Lost = followers.Sum(one => one.Witness.Lost),
            Duplicated = followers.Sum(one => one.Witness.Duplicated),
            OutOfOrder = followers.Sum(one => (long)one.Follower.OutOfOrder),
        };
    }

    private async Task<(Dictionary<(string TenantId, Guid AggregateId), long> Streams, long Events)> Stored(CancellationToken ct)
    {
        var (streams, events) = (new Dictionary<(string, Guid), long>(), 0L);
        await using var command = hosts[0].Beside.CreateCommand("select tenant_id, aggregate_id, max(version), count(*) from eventstore.events group by 1, 2");
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            streams.Add((reader.GetString(0), reader.GetGuid(1)), reader.GetInt64(2));
            events += reader.GetInt64(3);
        }

        return (streams, events);
    }
}
