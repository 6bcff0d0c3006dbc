using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>
/// Stores batches whatever single events do to them. A failing event is tried again a few times, then parked with the later ones of its
/// aggregate, and everything else goes on. When the database refuses a batch without saying which event is at fault, halves of it find that
/// out. When the process has died over a batch before, or the projection has hung over an event, events are tried one by one, each announced in the
/// database first: one that takes the process down or does not come back time and again is parked untried.
/// </summary>
internal sealed partial class FaultIsolation(BatchWriter writer, Checkpoint start, ProjectionServices services, Action<Exception> failed, ILogger logger)
{
    private const int CrashesThatMakeCautious = 2;
    private const int CautiousFor = 64;

    private (long Position, int Tries) announced;
    private int caution = start.Trying is not null || start.Crashes >= CrashesThatMakeCautious ? CautiousFor : 0;

    /// <summary>Stores events and moves the checkpoint behind them.</summary>
    /// <param name="events">The events.</param>
    /// <param name="upTo">How far they reach.</param>
    /// <param name="foreign">How many more were read that the projection does not want.</param>
    /// <param name="ct">Stops it; part of the events may be stored then.</param>
    public async Task Store(IReadOnlyList<EventEnvelope> events, long upTo, int foreign, CancellationToken ct)
    {
        while (caution > 0 && events.Count > 0)
        {
            var position = events[0].Position;
            var rest = From(events, position + 1);
            await StoreCautiously(Before(events, position + 1), rest.Count == 0 ? upTo : position, ct);
            events = rest;
            caution--;
        }

        if (events.Count > 0)
        {
            await Store(events, upTo, foreign, failure: null, ct);
        }
    }

    private async Task StoreCautiously(IReadOnlyList<EventEnvelope> single, long upTo, CancellationToken ct)
    {
        if (await Announce(single[0].Position, ct) is var tries && tries <= services.Options.Deliveries)
        {
            await Store(single, upTo, foreign: 0, failure: null, ct);
            return;
        }

        var problem = new ProcessDiedException($"Tried {tries - 1} times, and each time the process ended or the projection did not come back.");
        LogParked(writer.Key, single[0].EventType, single[0].Position, single[0].Stream, problem);
        await writer.Write(single, upTo, read: 1, new(single[0].Position, tries - 1, problem), ct);
    }

    // Once in the life of a worker: whoever lives to try the same event again, after an outage, has not died of it.
    private async Task<int> Announce(long position, CancellationToken ct)
    {
        if (announced.Position != position)
        {
            announced = (position, await services.Checkpoints.Try(writer.Key, writer.Fence, position, ct) ?? throw new CheckpointLostException());
        }

        return announced.Tries;
    }

    private async Task Store(IReadOnlyList<EventEnvelope> events, long upTo, int foreign, ParkedFailure? failure, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await writer.Write(events, upTo, Count(events) + foreign, failure?.Attempts >= services.Options.Attempts ? failure : null, ct);
                return;
            }
            catch (ProjectionFailedException problem)
            {
                var position = problem.Envelope.Position;
                events = await StoreBefore(position, events, failure, ct);
                failure = new(position, failure?.Position == position ? failure.Attempts + 1 : 1, problem);
                failed(problem);
                if (failure.Attempts < services.Options.Attempts)
                {
                    await services.Backoff.Pause(failure.Attempts, ct);
                }
                else
                {
                    LogParked(writer.Key, problem.Envelope.EventType, position, problem.Envelope.Stream, problem);
                }
            }
            catch (BatchRefusedException problem)
            {
                var middle = events[events.Count / 2].Position;
                middle = middle > events[0].Position ? middle : events[^1].Position;
                if (middle == events[0].Position)
                {
                    throw;
                }

                failed(problem);
                events = await StoreBefore(middle, events, failure, ct);
            }
        }
    }

    private async Task<IReadOnlyList<EventEnvelope>> StoreBefore(
        long position, IReadOnlyList<EventEnvelope> events, ParkedFailure? failure, CancellationToken ct)
    {
        var before = Before(events, position);
        if (before.Count == 0)
        {
            return events;
        }

        await Store(before, position - 1, foreign: 0, failure?.Position < position ? failure : null, ct);
        return From(events, position);
    }

    private static IReadOnlyList<EventEnvelope> Before(IReadOnlyList<EventEnvelope> events, long position) =>
        [.. events.TakeWhile(envelope => envelope.Position < position)];

    private static IReadOnlyList<EventEnvelope> From(IReadOnlyList<EventEnvelope> events, long position) =>
        [.. events.SkipWhile(envelope => envelope.Position < position)];

    // Several events that were made of one stored event have one position and count once.
    private static int Count(IReadOnlyList<EventEnvelope> events)
    {
        var count = 0;
        for (var i = 0; i < events.Count; i++)
        {
            count += i == 0 || events[i].Position != events[i - 1].Position ? 1 : 0;
        }

        return count;
    }

    [LoggerMessage(34, LogLevel.Error, "The projection {Projection} parks {EventType} at position {Position} and the later events of {Stream}.")]
    private partial void LogParked(ProjectionShard projection, string eventType, long position, StreamId stream, Exception problem);
}
