using Monolith.EventStore.Projections;

namespace Monolith.EventStore.Tests.Projections;

public sealed class ProjectionOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => new ProjectionOptions().Validate();

    [Theory]
    [InlineData(11, "Projections:StallAfter is out of range")]
    [InlineData(30, "Projections:StallAfter is out of range")]
    [InlineData(31, null)]
    public void A_stall_is_longer_than_four_heartbeats_and_than_every_pause(int seconds, string? message) =>
        Check(new() { StallAfter = TimeSpan.FromSeconds(seconds) }, message);

    [Theory]
    [InlineData(0, "Projections:StopTimeout is out of range")]
    [InlineData(1, null)]
    public void Stopping_takes_some_time(int seconds, string? message) => Check(new() { StopTimeout = TimeSpan.FromSeconds(seconds) }, message);

    private static void Check(ProjectionOptions options, string? message)
    {
        var refused = Record.Exception(options.Validate);
        Assert.Equal(message is not null, refused is ArgumentException);
        Assert.StartsWith(message ?? "", refused?.Message ?? "", StringComparison.Ordinal);
    }
}
