using System.Diagnostics;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Appends to several streams of one tenant, to all or to none: a batch of one statement for each leaf, committed by itself in one round trip.
/// What does not fit fails the batch, and only then further statements look which stream it was.
/// </summary>
/// <remarks>
/// Whoever writes a version of a stream keeps others that want the same version waiting until its transaction ends. Every such append takes its
/// leaves, and the streams in a leaf, in one order, and asks for its claims after all streams, in one order too: so of those that meet the later ones
/// wait for the first, and none waits in a circle. An append to one stream holds nothing else that could close one, except claims that
/// it exchanges with such an append at the same moment; the server then ends one of the two, which is a transient error.
/// </remarks>
internal sealed class MultiStreamAppender(
    NpgsqlDataSource dataSource, DomainModel model, Tenants tenants, InlineViews inline, EventStoreOptions options, TimeProvider time, StoreMetrics metrics)
{
    // As for single appends: each round somebody gets through.
    private const int MaxRaces = 1000;

    private readonly AppendCommands commands = new(dataSource, tenants, inline, time);
    private readonly AppendInquiry inquiry = new(dataSource.CreateCommand);

    /// <summary>Appends.</summary>
    /// <returns>For each request the result, the version that the stream was at before, and what <see cref="EncodedAppend.BytesToLoad"/> says.</returns>
    public async Task<(AppendResult Result, long Before, long BytesToLoad)[]> Append(IReadOnlyList<AppendRequest> requests, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        Check(requests);
        var results = new (AppendResult Result, long Before, long BytesToLoad)[requests.Count];
        var (appends, indexes) = (new List<EncodedAppend>(requests.Count), new List<int>(requests.Count));
        for (var i = 0; i < requests.Count; i++)
        {
            if (EncodedAppend.Of(requests[i], model, options) is { } append)
            {
                appends.Add(append);
                indexes.Add(i);
            }
            else
            {
                var version = requests[i].Expected.IsExact ? requests[i].Expected.Value : 0;
                results[i] = (new(version, 0), version, 0);
            }
        }

        if (appends.Count > 0)
        {
            EncodedAppend.CheckTogether(appends, options);
            var stored = await Translated([.. appends], ct);
            for (var i = 0; i < stored.Length; i++)
            {
                results[indexes[i]] = (stored[i], stored[i].Version - appends[i].Count, appends[i].BytesToLoad);
                metrics.Appended(appends[i].Stream, appends[i].Count, started);
            }
        }

        return results;
    }

    private static void Check(IReadOnlyList<AppendRequest> requests)
    {
        var streams = new HashSet<StreamId>();
        var taken = new Dictionary<(string Type, Claim Claim), Guid>();
        foreach (var request in requests)
        {
            var stream = request.Stream;
            if (stream.TenantId != requests[0].Stream.TenantId)
            {
                throw new ArgumentException($"Streams of one tenant can be appended to together, not of '{requests[0].Stream.TenantId}' and '{stream.TenantId}'.", nameof(requests));
            }

            if (!streams.Add(stream))
            {
                throw new ArgumentException($"{stream} is named twice: put its events into one request.", nameof(requests));
            }

            foreach (var claim in request.Claims.Taken)
            {
                if (!taken.TryAdd((stream.AggregateType, claim), stream.AggregateId) && taken[(stream.AggregateType, claim)] != stream.AggregateId)
                {
                    throw new ClaimTakenException(claim);
                }
            }
        }
    }

    private async Task<AppendResult[]> Translated(EncodedAppend[] appends, CancellationToken ct)
    {
        try
        {
            return await Append(appends, ct);
        }
        catch (ConcurrencyException conflict)
        {
            metrics.Conflicted(conflict.Stream);
            throw;
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }
    }

    private async Task<AppendResult[]> Append(EncodedAppend[] appends, CancellationToken ct)
    {
        var tenant = appends[0].Stream.TenantId;
        for (var race = 0; ; race++)
        {
            var shard = await tenants.ShardOf(tenant, ct);
            try
            {
                return await commands.All(appends, shard, ct);
            }
            catch (PostgresException error) when (race < MaxRaces && (PostgresErrors.IsStreamElsewhere(error) || PostgresErrors.IsVersionTaken(error)))
            {
                // The tenant first: disabled, dropped, or moved to another shard since we looked, or about to be: then this waits.
                if (await tenants.FindToWrite(tenant, ct) == shard && await EarlierTryThere(appends, shard, ct) is { } stored)
                {
                    return stored;
                }
            }
            catch (PostgresException error) when (race < MaxRaces && PostgresErrors.IsClaimTaken(error))
            {
                await RefuseHeldClaims(appends, error, ct);
            }
            catch (PostgresException error) when (race < MaxRaces && PostgresErrors.IsLeafMissing(error))
            {
                await tenants.RequireElsewhere(tenant, Leaf.Of(appends[0].Stream.AggregateType, shard), error, ct);
            }
        }
    }

    // What looks like a conflict is none when the tenant has moved while it was looked at.
    private async Task<AppendResult[]?> EarlierTryThere(EncodedAppend[] appends, string shard, CancellationToken ct)
    {
        try
        {
            return await EarlierTry(appends, shard, ct);
        }
        catch (ConcurrencyException)
        {
            if (await tenants.Find(appends[0].Stream.TenantId, ct) == shard)
            {
                throw;
            }

            return null;
        }
        catch (PostgresException error) when (PostgresErrors.IsLeafMissing(error))
        {
            return null;
        }
    }

    // Null when nothing stands in the way (any more). All or none was stored, so an append that names no version was stored with those that name one.
    private async Task<AppendResult[]?> EarlierTry(EncodedAppend[] appends, string shard, CancellationToken ct)
    {
        var results = new AppendResult?[appends.Length];
        var archived = await inquiry.Archived(appends, ct);
        for (var i = 0; i < appends.Length; i++)
        {
            var append = appends[i];
            var (leaf, expected) = (LeafOf(append), append.Request.Expected);
            if (expected.IsExact && await inquiry.EarlierTry(append, leaf, expected.Value, ct) is { } stored)
            {
                results[i] = stored;
            }
            else if (!archived.ContainsKey(append.Stream) && await inquiry.StreamVersion(append.Stream, leaf, ct) is var version && !expected.Accepts(version))
            {
                throw new ConcurrencyException(append.Stream, expected, version);
            }
        }

        if (archived.Count == 0 && Array.TrueForAll(results, result => result is null))
        {
            return null;
        }

        for (var i = 0; i < appends.Length; i++)
        {
            if (!appends[i].Request.Expected.IsExact)
            {
                results[i] = await inquiry.EarlierTryAnywhere(appends[i], LeafOf(appends[i]), ct);
            }
        }

        if (Array.IndexOf(results, null) < 0)
        {
            return Array.ConvertAll(results, result => result!.Value);
        }

        if (Array.FindIndex(appends, append => archived.ContainsKey(append.Stream)) is var closed and >= 0)
        {
            throw new AggregateArchivedException(appends[closed].Stream);
        }

        // Part of it is stored, so somebody else stored it: that stream is not where this append expects it.
        var ahead = appends[Enumerable.Range(0, appends.Length).First(i => appends[i].Request.Expected.IsExact && results[i] is not null)];
        throw new ConcurrencyException(ahead.Stream, ahead.Request.Expected, await inquiry.StreamVersion(ahead.Stream, LeafOf(ahead), ct));

        Leaf LeafOf(EncodedAppend append)
        {
            var leaf = Leaf.Of(append.Stream.AggregateType, shard);
            return archived.GetValueOrDefault(append.Stream) ? leaf.Archive : leaf;
        }
    }

    // A claim that its holder gives back in this very call stands in nobody's way.
    private async Task RefuseHeldClaims(EncodedAppend[] appends, PostgresException error, CancellationToken ct)
    {
        foreach (var append in appends)
        {
            await foreach (var (claim, holder) in inquiry.HeldClaims(append, ct))
            {
                if (!Array.Exists(appends, other =>
                    other.Stream == append.Stream with { AggregateId = holder } && other.Request.Claims.Released.Contains(claim)))
                {
                    throw new ClaimTakenException(claim, error);
                }
            }
        }
    }
}
