namespace Monolith.LoadTest.Arrivals;

/// <summary>One kind of work, which arrives at a rate.</summary>
/// <param name="Name">As it is called in lines and tables.</param>
/// <param name="Rate">Arrivals a second.</param>
/// <param name="Work">Does one piece. Answers null when it is done, or the code of what kept it from being done; what it throws counts by its code.</param>
internal sealed record Workload(string Name, double Rate, Func<Arrival, CancellationToken, Task<string?>> Work)
{
    /// <summary>The same, for work that is done or throws.</summary>
    public static Workload Of(string name, double rate, Func<Arrival, CancellationToken, Task> work) => new(name, rate, async (arrival, ct) =>
    {
        await work(arrival, ct);
        return null;
    });
}

/// <summary>One piece of work.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Due">When it should have begun, as a timestamp of the loop's clock.</param>
/// <param name="Counts">Whether it is measured; false while the loop warms up.</param>
internal readonly record struct Arrival(long Number, long Due, bool Counts);
