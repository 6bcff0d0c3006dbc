using System.Data;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Replays events aside and compares what they give with the rows that queries see.</summary>
/// <remarks>
/// <para>
/// Rows and checkpoint of a shard are written together, so any one snapshot of the database shows rows that hold exactly the events up to the
/// checkpoint which it shows. The replay goes to the live checkpoints first, into temporary tables that only its session sees, and takes as long as it takes. Then it
/// opens a snapshot, takes the few events up to where the checkpoints are there, and compares, all in that snapshot. Nothing is locked and nothing waits, and the snapshot is
/// kept open no longer than the comparison.
/// </para>
/// <para>
/// Events that are parked, or were skipped, are not in the live rows and are left out of the replay too. When what is left out has changed in between, or a tenant has come, gone or
/// moved, the replay is of no use: it begins again.
/// </para>
/// </remarks>
internal sealed class Verification(NpgsqlDataSource dataSource, ProjectionCatalog catalog, IViewStore? views)
{
    private const int PageSize = 1000;
    private const int Attempts = 3;

    private readonly ProjectionReader reader = new(dataSource, catalog.Model);

    /// <summary>Verifies a projection.</summary>
    /// <exception cref="VerificationRefusedException">It has no rows to compare, or none of its version.</exception>
    /// <exception cref="VerificationDisturbedException">It was disturbed time and again.</exception>
    /// <exception cref="ProjectionFailedException">An event cannot be taken.</exception>
    public async Task<VerificationReport> Run(Projection projection, VerificationOptions options, IProgress<VerificationProgress>? progress, CancellationToken ct)
    {
        options.Validate();
        if (projection.SideEffectsFrom is not null)
        {
            throw new VerificationRefusedException(projection.Name, Subscription.KeepsNoRows);
        }

        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (await Try(projection, options, progress, ct) is { } report)
            {
                return report;
            }
        }

        throw new VerificationDisturbedException(projection.Name);
    }

    private async Task<VerificationReport?> Try(Projection projection, VerificationOptions options, IProgress<VerificationProgress>? progress, CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        try
        {
            return await Try(connection, projection, options, progress, ct);
        }
        finally
        {
            await connection.RestoreSession(dataSource);
        }
    }

    private async Task<VerificationReport?> Try(
        NpgsqlConnection connection, Projection projection, VerificationOptions options, IProgress<VerificationProgress>? progress, CancellationToken ct)
    {
        var writer = projection.Writer(views);
        await writer.Prepare(connection, ct);
        await writer.MakeAside(connection, ct);
        VerificationState start;
        await using (var look = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct))
        {
            start = await VerificationState.Read(connection, projection, isEnd: false, ct);
        }

        var sample = writer.CanSample ? await Sample(connection, writer, options, ct) : null;
        var replay = new Replay(connection, projection, writer, sample, progress, start.Checkpoints.Count);
        foreach (var shard in start.Checkpoints.Values)
        {
            await Run(replay, shard, shard.Start, shard.Position, start, transaction: null, ct);
            replay.ShardsDone++;
        }

        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var end = await VerificationState.Read(connection, projection, isEnd: true, ct);
        if (!end.Continues(start))
        {
            return null;
        }

        foreach (var shard in end.Checkpoints.Values)
        {
            await Run(replay, shard, start.Checkpoints[shard.Shard].Position, shard.Position, end, snapshot, ct);
        }

        var found = await writer.Compare(connection, sample, options.MaxDifferences, ct);
        return new(
            projection.Name,
            projection.Version,
            end.Checkpoints.ToDictionary(shard => shard.Key, shard => shard.Value.Position, StringComparer.Ordinal),
            sample is null ? 1 : sample.Fraction,
            options.Seed,
            replay.Events,
            found.Compared,
            found.Different,
            found.Differences(writer.TenantMember, projection.WhyNotByAggregate is null ? writer.AggregateMember : null));
    }

    // Where everything is asked for nothing is left to chance, and where keys are counted the live rows say how many there are.
    private static async Task<KeySample?> Sample(NpgsqlConnection connection, ProjectionWriter writer, VerificationOptions options, CancellationToken ct)
    {
        var fraction = options.Keys is { } keys ? Math.Min(1, (double)keys / Math.Max(1, await writer.CountKeys(connection, ct))) : options.Fraction;
        return fraction >= 1 ? null : new(options.Seed, fraction);
    }

    // Without a transaction of the caller's each page is one of its own.
    private async Task Run(
        Replay replay, LiveShard shard, long after, long upTo, VerificationState state, NpgsqlTransaction? transaction, CancellationToken ct)
    {
        var (connection, projection) = (replay.Connection, replay.Projection);
        var ofAggregates = projection.WhyNotByAggregate is null ? replay.Sample : null;
        while (after < upTo)
        {
            var page = await reader.ReadShard(connection, shard.Shard, catalog.AggregateTypesOf(projection.Name), after, upTo, PageSize, ofAggregates, ct);
            IReadOnlyList<EventEnvelope> wanted = [.. page.Events.Where(envelope => projection.Wants(envelope) && !state.LeftOut.Contains((shard.Shard, envelope.Position)))];
            UnreadableEvent.Refuse(projection, wanted);
            if (wanted.Count > 0)
            {
                var own = transaction is null ? await connection.BeginTransactionAsync(ct) : null;
                await using (own)
                {
                    await using var batch = new ProjectionBatch((transaction ?? own)!);
                    await replay.Writer.WriteAside(batch, wanted, replay.Sample, ct);
                    await batch.Execute(ct);
                    await (own?.CommitAsync(ct) ?? Task.CompletedTask);
                }
            }

            after = page.LastPosition;
            replay.Took(shard.Shard, page.Events.Count);
        }
    }

    private sealed class Replay(
        NpgsqlConnection connection, Projection projection, ProjectionWriter writer, KeySample? sample, IProgress<VerificationProgress>? progress, int shards)
    {
        public NpgsqlConnection Connection => connection;

        public Projection Projection => projection;

        public ProjectionWriter Writer => writer;

        public KeySample? Sample => sample;

        public int ShardsDone { get; set; }

        public long Events { get; private set; }

        public void Took(string shard, int events)
        {
            Events += events;
            progress?.Report(new(shard, ShardsDone, shards, Events));
        }
    }
}
