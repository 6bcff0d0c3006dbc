using System.Collections.Concurrent;
using System.Globalization;
using Monolith.EventSourcing;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>
/// Writers on several hosts that do everything at random which writers may do, undone and killed transactions among it, while readers follow the
/// feed; afterwards the tables, the acknowledgements and what the readers saw are compared. What each writer does follows from the seed; how
/// they meet does not.
/// </summary>
public sealed class Turmoil
{
    private const int MaxFollowers = 10;

    private readonly ConformanceStore[] hosts;
    private readonly int seed;
    private readonly StreamId[] shared;
    private readonly ConcurrentDictionary<long, long> acknowledged = new();
    private readonly ConcurrentDictionary<long, byte> uncertain = new();
    private readonly ConcurrentQueue<FeedFollower> followers = new();
    private int lastNumber;

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

    /// <summary>Lets writers work until it is enough, and readers until they have seen all of it.</summary>
    public async Task<TurmoilReport> Run(int writers, Func<int, bool> isEnough, CancellationToken ct)
    {
        using var done = new CancellationTokenSource();
        var following = hosts
            .SelectMany(host => TenantsMove ? [false] : new[] { false, true }, (host, shards) => Follow(new(host, shards, seed), done, ct))
            .ToList();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(index => Task.Run(() => Write(index, isEnough, following, done, ct), ct)));
        await done.CancelAsync();
        await Task.WhenAll(following);
        return await Compare(ct);
    }

    private Task Follow(FeedFollower follower, CancellationTokenSource done, CancellationToken ct)
    {
        followers.Enqueue(follower);
        return Task.Run(() => follower.Run(done.Token, ct), ct);
    }

    private async Task Write(int index, Func<int, bool> isEnough, List<Task> following, CancellationTokenSource done, CancellationToken ct)
    {
        var random = new Random(HashCode.Combine(seed, index));
        var host = hosts[index % hosts.Length];
        var own = NewTally(new[] { Acme, Globex, Hooli, Initech }[index % 4]);
        for (var (turn, ownVersion) = (0, 0L); !isEnough(turn); turn++)
        {
            var stream = shared[random.Next(shared.Length)];
            var events = NewEvents(random.Next(1, 4));
            switch (random.Next(100))
            {
                case < 50:
                    await Acknowledge(host.Append(stream, ExpectedVersion.Any, events, ct), events);
                    break;
                case < 65:
                    var version = (await host.Store.Load<TallyState>(stream, ct: ct)).Version;
                    await AppendTwice(host, stream, ExpectedVersion.Exactly(version), events, ct);
                    break;
                case < 70:
                    await AppendTwice(host, NewTally(own.TenantId), ExpectedVersion.None, events, ct);
                    break;
                case < 75:
                    await Refused<ConcurrencyException>(host.Append(stream, ExpectedVersion.Exactly(long.MaxValue), events, ct));
                    break;
                case < 78:
                    await Refused<UnstorableEventException>(host.Append(stream, ExpectedVersion.Any, [.. events, NewEvent.Of(new Noted("\0"))], ct));
                    break;
                case < 85:
                    await Cancel(host, stream, events, TimeSpan.FromMicroseconds(random.Next(2000)));
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
                            following.Add(Follow(new(host, shards: false, seed), done, ct));
                        }
                    }

                    break;
            }
        }
    }

    private NewEvent[] NewEvents(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => NewEvent.Of(new Counted(Interlocked.Increment(ref lastNumber))))];

    private async Task Acknowledge(Task<AppendResult> append, NewEvent[] events)
    {
        var version = (await append).Version - events.Length;
        foreach (var @event in events)
        {
            acknowledged[((Counted)@event.Event).Number] = ++version;
        }
    }

    private async Task AppendTwice(ConformanceStore host, StreamId stream, ExpectedVersion expected, NewEvent[] events, CancellationToken ct)
    {
        try
        {
            await Acknowledge(host.Append(stream, expected, events, ct), events);
        }
        catch (ConcurrencyException)
        {
            return;
        }

        await Acknowledge(host.Append(stream, expected, events, ct), events);
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

    private async Task Cancel(ConformanceStore host, StreamId stream, NewEvent[] events, TimeSpan after)
    {
        using var cancel = new CancellationTokenSource(after);
        foreach (var @event in events)
        {
            uncertain[((Counted)@event.Event).Number] = 0;
        }

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
        var stored = await Stored(ct);
        var positions = stored.ConvertAll(row => row.Position);
        foreach (var follower in followers)
        {
            await follower.Finish(positions.Count == 0 ? 0 : positions[^1], ct);
        }

        var numbers = stored.ToDictionary(row => row.Number, row => row.Version);
        var holes = 0;
        foreach (var ofStream in stored.GroupBy(row => row.Stream))
        {
            // In position order, so versions that are contiguous are also in order.
            holes += ofStream.Select((row, index) => row.Version == index + 1 ? 0 : 1).Sum();
        }

        return new()
        {
            Seed = seed,
            Events = stored.Count,
            Gaps = positions.Count == 0 ? 0 : positions[^1] - positions.Count,
            Readers = followers.Count,
            LongestHold = followers.Max(follower => follower.LongestHold),
            Unacknowledged = stored.Count(row => !acknowledged.ContainsKey(row.Number) && !uncertain.ContainsKey(row.Number)),
            AcknowledgedButMissing = acknowledged.Count(pair => !numbers.TryGetValue(pair.Key, out var version) || version != pair.Value),
            OutOfVersion = holes,
            Lost = followers.Sum(follower => positions.Except(follower.Seen).Count()),
            Duplicated = followers.Sum(follower => follower.Seen.Count - follower.Seen.Distinct().Count()),
            OutOfOrder = followers.Sum(follower => follower.OutOfOrder),
        };
    }

    private async Task<List<(long Position, string Stream, long Version, long Number)>> Stored(CancellationToken ct)
    {
        var rows = new List<(long, string, long, long)>();
        await using var command = hosts[0].Beside.CreateCommand(
            "select position, tenant_id || aggregate_id, version, (data->>'number')::bigint from eventstore.events order by position");
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add((reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3)));
        }

        return rows;
    }
}

/// <summary>What came of a <see cref="Turmoil"/>: everything from <see cref="Unacknowledged"/> on must be 0.</summary>
public sealed record TurmoilReport
{
    public required int Seed { get; init; }

    public required int Events { get; init; }

    /// <summary>Positions that were drawn and never stored.</summary>
    public required long Gaps { get; init; }

    public required int Readers { get; init; }

    /// <summary>The longest time for which an append held the feed back.</summary>
    public required TimeSpan LongestHold { get; init; }

    /// <summary>Stored events that nobody was told of.</summary>
    public required int Unacknowledged { get; init; }

    /// <summary>Acknowledged events that are not stored where they were said to be.</summary>
    public required int AcknowledgedButMissing { get; init; }

    /// <summary>Events whose version is not the one after their predecessor's in the feed.</summary>
    public required int OutOfVersion { get; init; }

    public required int Lost { get; init; }

    public required int Duplicated { get; init; }

    public required int OutOfOrder { get; init; }

    public bool IsSound => (Unacknowledged, AcknowledgedButMissing, OutOfVersion, Lost, Duplicated, OutOfOrder) == (0, 0, 0, 0, 0, 0);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Seed}: {Events} events, {Gaps} gaps, {Readers} readers, longest hold {LongestHold.TotalMilliseconds:F0} ms, {Lost} lost, {Duplicated} duplicated, {OutOfOrder} out of order, {AcknowledgedButMissing} acknowledged but missing, {Unacknowledged} unacknowledged, {OutOfVersion} out of version");
}
