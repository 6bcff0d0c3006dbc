namespace Monolith.Benchmarks.Tests;

public class GateOptionsTests
{
    [Fact]
    public void Without_options_everything_is_measured_once_and_compared() =>
        Assert.Equal(new GateOptions(), GateOptions.Parse([]));

    [Fact]
    public void Options_are_read_in_any_order()
    {
        var options = GateOptions.Parse(["--approve", "--runs", "3", "--only", "append,wal", "--seconds", "20"]);

        Assert.Equal((3, true, 20), (options.Runs, options.Approve, options.Seconds));
        Assert.Equal([true, true, false], ((string[])["append-1-by-16", "wal", "feed"]).Select(options.Takes));
    }

    [Theory]
    [InlineData("--what")]
    [InlineData("--runs")]
    [InlineData("--runs", "0")]
    [InlineData("--runs", "many")]
    [InlineData("--dry", "--approve")]
    public void What_is_not_an_option_is_refused(params string[] args) => Assert.Throws<FormatException>(() => GateOptions.Parse(args));

    [Fact]
    public async Task A_gate_that_cannot_run_ends_with_2() => Assert.Equal(2, await ReleaseGate.Run(["--what"]));
}
