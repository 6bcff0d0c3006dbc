using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Reporting;

namespace Monolith.LoadTest.Tests;

public sealed class OpenLoopTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly LoopOptions Ten = new() { Length = TimeSpan.FromSeconds(1), IsPoisson = false, Patience = TimeSpan.FromSeconds(5) };

    private readonly LeapingTime time = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_arrives_at_a_rate_is_done_so_often()
    {
        var meter = await Run(Ten with { Length = TimeSpan.FromSeconds(3) }, Workload.Of("work", 10, (_, _) => Task.CompletedTask));
        Assert.Equal(30, meter.Asked);
        Assert.Equal(30, meter.Done);
        Assert.Equal(0, meter.SinceDue.At(100));
    }

    // The first holds everything up for as long as all take: a closed loop would see one slow answer and nine quick ones.
    [Fact]
    public async Task A_pause_counts_in_all_that_were_due_in_it()
    {
        var meter = await Run(Ten, Workload.Of("work", 10, (arrival, _) =>
        {
            time.Pass(arrival.Number == 0 ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
            return Task.CompletedTask;
        }));
        Assert.Equal(10, meter.Done);
        Milliseconds(1000, meter.SinceDue.At(100));
        Milliseconds(500, meter.SinceDue.At(50));
        Milliseconds(100, meter.SinceDue.At(1));
        Milliseconds(0, meter.SinceBegun.At(90));
    }

    [Fact]
    public async Task The_wait_for_a_turn_counts()
    {
        var meter = await Run(Ten with { MostUnderWay = 1, MostArrivals = 2 }, Workload.Of("work", 10, async (arrival, _) =>
        {
            await Task.Yield();
            time.Pass(arrival.Number == 0 ? TimeSpan.FromMilliseconds(400) : TimeSpan.Zero);
        }));
        Assert.Equal(2, meter.Done);

        // The second was due after 100 ms, and had its turn after 400 at the earliest.
        Assert.InRange(meter.SinceDue.At(1), 299, 501);
        Milliseconds(0, meter.SinceBegun.At(1));
    }

    [Fact]
    public async Task A_warm_up_does_not_count()
    {
        var numbers = new List<long>();
        var meter = await Run(Ten with { WarmUp = TimeSpan.FromSeconds(1) }, Workload.Of("work", 10, (arrival, _) =>
        {
            numbers.Add(arrival.Number);
            time.Pass(arrival.Counts ? TimeSpan.Zero : TimeSpan.FromMilliseconds(50));
            return Task.CompletedTask;
        }));
        Assert.Equal(20, numbers.Count);
        Assert.Equal(10, meter.Done);
        Milliseconds(0, meter.SinceDue.At(100));
    }

    [Fact]
    public async Task What_fails_counts_by_its_code_and_not_in_the_times()
    {
        var meter = await Run(Ten, new Workload("work", 10, (arrival, _) => arrival.Number switch
        {
            0 => Task.FromResult<string?>("rate_limited"),
            1 => throw new HttpRequestException(),
            2 => Task.FromException<string?>(new OperationCanceledException()),
            _ => Task.FromResult<string?>(null),
        }));
        Assert.Equal(["connection_failed", "rate_limited", "timed_out"], meter.Errors.Select(error => error.Key));
        Assert.Equal(3, meter.Failed);
        Assert.Equal(7, meter.Done);
        Assert.Equal(7, meter.SinceDue.Count);
    }

    [Fact]
    public async Task What_never_ends_is_given_up_and_counts_with_the_time_it_has_waited()
    {
        var cancelled = new TaskCompletionSource();
        var meter = await Run(Ten with { MostArrivals = 1, Patience = TimeSpan.Zero }, new Workload("work", 10, (_, ct) =>
        {
            ct.Register(() => cancelled.TrySetResult());
            time.Pass(TimeSpan.FromSeconds(3));
            return new TaskCompletionSource<string?>().Task;
        }));
        Assert.Equal([KeyValuePair.Create(Meter.NotEnded, 1L)], meter.Errors);
        Milliseconds(3000, meter.SinceDue.At(100));
        await cancelled.Task.WaitAsync(Deadline, Ct);
    }

    [Fact]
    public async Task No_more_are_begun_than_may_be_under_way_and_the_others_count_as_asked_for()
    {
        var begun = 0;
        var meter = await Run(Ten with { MostUnderWay = 3, Patience = TimeSpan.Zero }, new Workload("work", 10, (_, _) =>
        {
            begun++;
            time.Pass(TimeSpan.FromSeconds(2));
            return new TaskCompletionSource<string?>().Task;
        }));
        Assert.Equal(3, begun);
        Assert.Equal(10, meter.Asked);
        Assert.Equal([KeyValuePair.Create(Meter.NotBegun, 7L), KeyValuePair.Create(Meter.NotEnded, 3L)], meter.Errors);
        Assert.Equal(10, meter.SinceDue.Count);
    }

    [Fact]
    public async Task Whoever_stops_it_is_told_what_was_done_by_then()
    {
        using var stop = new CancellationTokenSource();
        var work = Workload.Of("work", 10, (arrival, _) =>
        {
            if (arrival.Number == 4)
            {
                stop.Cancel();
            }

            return Task.CompletedTask;
        });
        var meters = await new OpenLoop(Ten, time).Run(stop.Token, work).WaitAsync(Deadline, Ct);
        Assert.Equal(5, meters[0].Done);
        Assert.Equal(0, meters[0].Failed);
    }

    [Fact]
    public async Task What_must_never_be_ends_it()
    {
        var work = Workload.Of("work", 10, (arrival, _) => arrival.Number == 3 ? throw new UnsoundException("lost") : Task.CompletedTask);
        await Assert.ThrowsAsync<UnsoundException>(() => new OpenLoop(Ten, time).Run(Ct, work).WaitAsync(Deadline, Ct));
    }

    private async Task<Meter> Run(LoopOptions options, Workload workload) => (await new OpenLoop(options, time).Run(Ct, workload).WaitAsync(Deadline, Ct))[0];

    // To the three digits of the histogram.
    private static void Milliseconds(double expected, double actual) => Assert.InRange(actual, expected * 0.998, expected * 1.002);
}
