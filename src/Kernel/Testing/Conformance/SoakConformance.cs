using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Monolith.Testing.Conformance;

/// <summary>
/// A steady load for a long time, beside the other tests: a minute, or as long as <see cref="Variable"/> says. It remembers nothing that grows with the time.
/// </summary>
public abstract class SoakConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    /// <summary>The environment variable that says for how many seconds to soak.</summary>
    public const string Variable = "MONOLITH_SOAK_SECONDS";

    private const int Writers = 8;

    // Ten turns a second and writer, so that whoever runs beside it notices little.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc />
    protected override TimeSpan Deadline => base.Deadline + Duration;

    private static TimeSpan Duration => TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 60);

    [Fact, Behaviour(6, 11, 20, 21, 24)]
    public async Task A_soak_loses_duplicates_and_disorders_nothing()
    {
        await using var store = await NewStore();
        var turmoil = new Turmoil(Seed.Of(TestContext.Current), store, store.AnotherHost()) { Pace = Pace };
        var (started, duration) = (Stopwatch.GetTimestamp(), Duration);

        var report = await turmoil.Run(Writers, _ => Stopwatch.GetElapsedTime(started) > duration, Ct);

        await Console.Out.WriteLineAsync($"Soak of {duration.TotalSeconds} s: {report}");
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.True(report.IsSound, report.ToString());
        Assert.True(report.Events > 0);
        Assert.InRange(report.Outages, 0, 5);
        Assert.InRange(report.MostOpen, 1, 10_000);
    }
}
