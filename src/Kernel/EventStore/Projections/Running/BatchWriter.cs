using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>What all projections of a host share.</summary>
internal sealed record ProjectionServices(
    NpgsqlDataSource DataSource,
    ProjectionReader Reader,
    CheckpointTable Checkpoints,
    ParkedTable Parked,
    LiveTail Tail,
    ProjectionOptions Options,
    Backoff Backoff,
    SemaphoreSlim Slots,
    SemaphoreSlim RebuildSlots,
    Signal Attention,
    TimeProvider Time,
    ReadModelChanges? Changes = null,
    ProjectionCounters? Counters = null)
{
    /// <summary>The slots that work on a shard takes: a rebuild never has all of them, so live projections go on beside it.</summary>
    public SemaphoreSlim SlotsOf(ProjectionShard key) => key.IsShadow ? RebuildSlots : Slots;
}

/// <summary>
/// Writes one projection on one shard: each batch together with its checkpoint, one at a time. Knows which aggregates are parked; their
/// events are put aside in the same transaction instead of being folded.
/// </summary>
internal sealed class BatchWriter(
    Checkpoint start, Projection projection, PreparedWriter prepared, ProjectionServices services, HeldSlots slots, Pulse pulse)
{
    private const int DrainSize = 500;

    private readonly Turn turn = new();
    private HashSet<StreamId> parked = [];
    private long committed = start.Position;

    public ProjectionShard Key { get; } = start.Key;

    public long Fence { get; } = start.Fence;

    /// <summary>The stored checkpoint.</summary>
    public long Committed => Interlocked.Read(ref committed);

    /// <summary>Looks up anew which aggregates are parked.</summary>
    public async Task Load(CancellationToken ct)
    {
        await turn.Take(ct);
        try
        {
            parked = await services.Parked.Streams(Key, ct);
        }
        finally
        {
            turn.Give();
        }
    }

    /// <summary>Writes a batch and moves the checkpoint, together or not at all.</summary>
    /// <param name="events">Events behind the checkpoint that the projection wants.</param>
    /// <param name="upTo">How far they reach.</param>
    /// <param name="read">How many events were read for it, those that the projection does not want included.</param>
    /// <param name="failure">The event to park, with which its aggregate is parked from now on; null for none.</param>
    /// <param name="ct">Stops the write. It may have happened all the same: the checkpoint tells.</param>
    /// <exception cref="ProjectionFailedException">One event is at fault.</exception>
    public async Task Write(IReadOnlyList<EventEnvelope> events, long upTo, int read, ParkedFailure? failure, CancellationToken ct)
    {
        await turn.Take(ct);
        try
        {
            if (events.Count > 0 && events[0].Position <= committed)
            {
                throw new InvalidOperationException($"A batch for {Key} begins at {events[0].Position}, and the checkpoint is at {committed} already.");
            }

            var aside = failure is null ? default(StreamId?) : events.First(envelope => envelope.Position == failure.Position).Stream;
            bool IsAside(EventEnvelope envelope) => envelope.Stream == aside || parked.Contains(envelope.Stream);

            await using var batch = new ProjectionBatch(services.DataSource, slots, pulse);
            batch.Add(services.Checkpoints.Move(Key, Fence, committed, upTo, read));
            var toFold = events;
            if ((aside is not null || parked.Count > 0) && events.Any(IsAside))
            {
                toFold = [.. events.Where(envelope => !IsAside(envelope))];
                batch.Add(services.Parked.Add(Key, [.. events.Where(IsAside)], failure));
            }

            using var span = StoreTracing.Project(Key, toFold);
            await span.Observe(Execute(batch, toFold, ct));
            Interlocked.Exchange(ref committed, upTo);
            services.Counters?.Taken(Key, events);
            if (aside is { } stream)
            {
                parked.Add(stream);
            }
        }
        finally
        {
            turn.Give();
        }
    }

    /// <summary>Takes the writer's turn if it is free, to move the checkpoint over events that change nothing.</summary>
    public bool TryTakeTurn() => turn.TryTake();

    /// <summary>Gives the turn back.</summary>
    /// <param name="movedTo">Where the checkpoint was moved; null when it was not.</param>
    public void GiveTurnBack(long? movedTo)
    {
        if (movedTo is { } position)
        {
            Interlocked.Exchange(ref committed, position);
        }

        turn.Give();
    }

    /// <summary>Tries the parked events of an aggregate again, in order, until one fails or none is left.</summary>
    public async Task Drain(StreamId stream, CancellationToken ct)
    {
        await turn.Take(ct);
        try
        {
            var limit = DrainSize;
            while (await services.Parked.OfStream(Key, stream, limit, ct) is { Count: > 0 } rows)
            {
                try
                {
                    if (!await Drain(stream, rows, ct))
                    {
                        return;
                    }
                }
                catch (BatchRefusedException) when (limit > 1)
                {
                    limit = 1;
                }
            }

            parked.Remove(stream);
        }
        finally
        {
            turn.Give();
        }
    }

    private async Task<bool> Drain(StreamId stream, IReadOnlyList<(long Position, bool Skip)> rows, CancellationToken ct)
    {
        var events = await services.Reader.ReadPositions(Key.Shard, stream.AggregateType, rows.Where(row => !row.Skip).Select(row => row.Position), ct);
        ProjectionFailedException? failed = null;
        while (true)
        {
            try
            {
                var before = failed?.Envelope.Position ?? long.MaxValue;
                await using var batch = new ProjectionBatch(services.DataSource, slots, pulse);
                batch.Add(services.Checkpoints.Move(Key, Fence, committed, committed, events: 0));
                batch.Add(services.Parked.Remove(Key, [.. rows.Select(row => row.Position).Where(position => position < before)]));
                await Execute(batch, [.. events.Where(envelope => envelope.Position < before)], ct);
                if (failed is not null)
                {
                    await services.Parked.FailedAgain(Key, before, failed, ct);
                }

                return failed is null;
            }
            catch (ProjectionFailedException problem) when (failed is null || problem.Envelope.Position < failed.Envelope.Position)
            {
                failed = problem;
            }
        }
    }

    private async Task Execute(ProjectionBatch batch, IReadOnlyList<EventEnvelope> events, CancellationToken ct)
    {
        UnreadableEvent.Refuse(projection, events);
        var kind = events.Count > 0 ? await prepared.Get(Key.Rows, ct) : null;
        try
        {
            if (kind is not null)
            {
                await kind.Write(batch, Key.Rows, events, ct);
            }

            await batch.Execute(ct);
            if (kind is not null && !Key.IsShadow)
            {
                services.Changes?.Changed(projection.Name, events);
            }
        }
        catch (Exception problem) when (events.Count > 0 && Failures.IsOfAnEvent(problem))
        {
            var cause = problem is PostgresException error ? batch.CauseOf(error) : null;
            cause ??= events[0].Position == events[^1].Position ? events[0] : null;
            throw cause is null ? new BatchRefusedException(problem) : new ProjectionFailedException(projection.Name, cause, problem);
        }
        finally
        {
            pulse.Leave();
        }
    }
}
