using System.Collections.Concurrent;
using Monolith.LoadTest.Reporting;

namespace Monolith.LoadTest.Arrivals;

/// <summary>
/// Begins work when it is due, whether or not what was begun before has ended. A closed loop, which sends the next when it has the answer to the last, sends
/// nothing while the server stands still, so that a pause of a second is one slow answer among thousands. Here it is a slow answer for each that was due
/// in that second: the time of each runs from when it was due. How many are under way is bounded, and so is the time that the loop takes.
/// </summary>
internal sealed class OpenLoop(LoopOptions options, TimeProvider? clock = null)
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private readonly TimeProvider time = clock ?? TimeProvider.System;
    private readonly TaskCompletionSource unsound = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Runs workloads beside each other.</summary>
    /// <param name="stop">Ends it early: nothing more arrives, and what was found so far is answered.</param>
    /// <param name="workloads">The workloads.</param>
    /// <returns>A meter for each workload.</returns>
    public async Task<Meter[]> Run(CancellationToken stop, params Workload[] workloads)
    {
        var meters = Array.ConvertAll(workloads, workload => new Meter(workload.Name, workload.Rate));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var begin = time.GetTimestamp();
        var arriving = workloads.Select((workload, i) => Arrive(workload, meters[i], begin, options.Seed + i, ended.Token)).ToArray();
        var telling = Ticker.Tell(meters, time, ended.Token);
        await Task.WhenAny(Task.WhenAll(arriving), unsound.Task);
        await ended.CancelAsync();
        await Task.WhenAll([.. arriving, telling]);
        if (unsound.Task.IsFaulted)
        {
            await unsound.Task;
        }

        return meters;
    }

    private async Task Arrive(Workload workload, Meter meter, long begin, int seed, CancellationToken stop)
    {
        var schedule = options.IsPoisson ? Schedule.Poisson(workload.Rate, new(seed)) : Schedule.Constant(workload.Rate);
        var end = options.WarmUp + options.Length;
        var slots = new SemaphoreSlim(options.MostUnderWay);
        using var abandon = new CancellationTokenSource();
        var underWay = new ConcurrentDictionary<long, TimeSpan>();
        var number = 0L;
        foreach (var due in schedule.TakeWhile(due => due < end && number < options.MostArrivals))
        {
            var counts = due >= options.WarmUp;
            if (!await Turn(begin, due, end, slots, stop))
            {
                if (stop.IsCancellationRequested)
                {
                    break;
                }

                // Too late for it, but asked for all the same.
                if (counts)
                {
                    meter.Abandon(Meter.NotBegun, time.GetElapsedTime(begin) - due);
                }

                continue;
            }

            underWay[number] = due;
            meter.Begin(counts);
            _ = Perform(workload, meter, new(number, begin + (long)(due.TotalSeconds * time.TimestampFrequency), counts), due, begin, slots, underWay, abandon.Token);
            number++;
        }

        await Drain(meter, begin, slots, underWay, abandon);
    }

    // Until it is due and one of those under way has ended; false when that is not to be.
    private async Task<bool> Turn(long begin, TimeSpan due, TimeSpan end, SemaphoreSlim slots, CancellationToken stop)
    {
        try
        {
            // Timers count milliseconds; less than one would not wait at all.
            for (var left = due - time.GetElapsedTime(begin); left > TimeSpan.Zero; left = due - time.GetElapsedTime(begin))
            {
                await Task.Delay(left < Millisecond ? Millisecond : left, time, stop);
            }

            if (slots.Wait(0, CancellationToken.None))
            {
                return !stop.IsCancellationRequested;
            }

            var patience = end + options.Patience - time.GetElapsedTime(begin);
            return patience > TimeSpan.Zero && await slots.WaitAsync(patience, stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task Perform(
        Workload workload, Meter meter, Arrival arrival, TimeSpan due, long begin, SemaphoreSlim slots, ConcurrentDictionary<long, TimeSpan> underWay, CancellationToken abandon)
    {
        var begun = time.GetElapsedTime(begin);
        string? error;
        try
        {
            error = await workload.Work(arrival, abandon);
        }
        catch (UnsoundException wrong)
        {
            unsound.TrySetException(wrong);
            error = "unsound";
        }
        catch (Exception failure)
        {
            error = ErrorCode.Of(failure);
        }

        if (underWay.TryRemove(arrival.Number, out _))
        {
            var ended = time.GetElapsedTime(begin);
            meter.End(arrival.Counts, error, ended - due, ended - begun);
            slots.Release();
        }
    }

    private async Task Drain(Meter meter, long begin, SemaphoreSlim slots, ConcurrentDictionary<long, TimeSpan> underWay, CancellationTokenSource abandon)
    {
        var drained = time.GetTimestamp();
        for (var free = 0; free < options.MostUnderWay; free++)
        {
            var patience = options.Patience - time.GetElapsedTime(drained);
            if (!await slots.WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, CancellationToken.None))
            {
                break;
            }
        }

        meter.Length = time.GetElapsedTime(begin) - options.WarmUp;
        foreach (var (number, due) in underWay)
        {
            if (underWay.TryRemove(number, out _) && due >= options.WarmUp)
            {
                meter.Abandon(Meter.NotEnded, time.GetElapsedTime(begin) - due);
            }
        }

        await abandon.CancelAsync();
    }
}
