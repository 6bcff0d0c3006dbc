namespace Monolith.Benchmarks.Tests;

public class LoadTestResultTests
{
    private const string Output =
        """
        10:00:01  500 appends
        RESULT {"scenario":"rebuild","peak_mb":162}
        RESULT {"scenario":"freshness","p99_ms":17.6,"projected_by":"another host"}
        """;

    [Fact]
    public void The_figures_of_a_scenario_are_read_from_its_line()
    {
        Assert.Equal(17.6, LoadTestResult.Parse(Output, "freshness").Figure("p99_ms"));
        Assert.Equal(162, LoadTestResult.Parse(Output, "rebuild").Figure("peak_mb"));
    }

    [Fact]
    public void A_figure_that_is_missing_is_an_error() =>
        Assert.Throws<FormatException>(() => LoadTestResult.Parse(Output, "rebuild").Figure("p99_ms"));

    [Theory]
    [InlineData("")]
    [InlineData("RESULT {\"scenario\":\"rebuild\"}")]
    [InlineData("RESULT {\"peak_mb\":1}")]
    [InlineData("RESULT nothing")]
    public void An_output_without_the_line_is_an_error(string output) => Assert.Throws<FormatException>(() => LoadTestResult.Parse(output, "freshness"));
}
