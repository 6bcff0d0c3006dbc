namespace Monolith.LoadTest.Tests;

public sealed class OptionsTests
{
    private static readonly LoadOptions Defaults = new() { Rate = 500 };

    [Fact]
    public void What_is_not_given_stays_as_the_scenario_has_it()
    {
        var options = Defaults.With(["--seconds", "5", "--arrivals", "constant", "--dry"]);
        Assert.Equal(Defaults with { Seconds = 5, IsPoisson = false }, options);
        Assert.Equal(TimeSpan.FromSeconds(5), options.Loop.Length);
    }

    [Theory]
    [InlineData("There is no option --speed", "--speed", "5")]
    [InlineData("--rate needs a value", "--rate")]
    [InlineData("0 is not a number from 1", "--rate", "0")]
    [InlineData("1e4 is not a number", "--rate", "1e4")]
    [InlineData("-5 is not a number", "--seconds", "-5")]
    [InlineData("9999 is not a number from 10000", "--to", "9999")]
    [InlineData("poisson or constant, not steady", "--arrivals", "steady")]
    [InlineData("ftp://host is no http or https address", "--url", "ftp://host")]
    [InlineData("exclude each other", "--url", "http://localhost:5080", "--start")]
    public void What_is_wrong_is_named(string message, params string[] args) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => Defaults.With(args)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_scenario_has_a_name_of_its_own_and_bounds()
    {
        Assert.Equal(Scenario.All.Count, Scenario.All.DistinctBy(scenario => scenario.Name).Count());
        Assert.All(Scenario.All, scenario => Assert.InRange(scenario.Dry.Seconds, 1, 2));
        Assert.All(Scenario.All, scenario => Assert.Contains(scenario.Name, Usage.Text, StringComparison.Ordinal));
    }
}
