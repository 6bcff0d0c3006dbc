using System.Text.Json;

namespace Monolith.Benchmarks.Tests;

public class BaselineTests
{
    [Fact]
    public void A_baseline_that_was_written_is_read_again()
    {
        var text = Baseline.Approve(null, [Samples.Speed.Measured(0.79, 0.81, 0.8)], "2026-11-26", "a machine", 3).ToText();

        var read = Baseline.Parse(text);

        Assert.Equal("a machine", read.Machine);
        Assert.Equal(new BaselineRow(0.8, 0.795, 0.805, 0.10, "≥ 0.85"), Assert.Single(read.Rows).Value);
        Assert.Equal(text, read.ToText());
    }

    [Fact]
    public void Rows_that_were_not_measured_stay_as_they_were()
    {
        var before = Samples.Baseline((Samples.Speed, 0.8, 0.1), (Samples.Growth, 1.1, 0.1));

        var approved = Baseline.Approve(before, [Samples.Speed.Measured(0.9)], "2026-11-26", "a machine", 1);

        Assert.Equal(0.9, approved.Rows["append"].Value);
        Assert.Equal(1.1, approved.Rows["length"].Value);
        Assert.Equal(0.8, before.Rows["append"].Value);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"measured":"","machine":"","runs":1,"rows":{"append":{"value":1}}}""")]
    [InlineData("""{"measured":"","machine":"","runs":1,"rows":{},"more":1}""")]
    public void A_file_that_is_no_baseline_is_refused(string text) => Assert.Throws<JsonException>(() => Baseline.Parse(text));
}
