namespace Monolith.EventSourcing.Tests.Aggregates;

public class AsOfTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.FromHours(2));

    [Fact]
    public void Now_is_the_default_and_has_no_bound()
    {
        Assert.Equal(AsOf.Now, default);
        Assert.Equal((null, null), (AsOf.Now.MaxVersion, AsOf.Now.MaxTime));
    }

    [Fact]
    public void A_version_and_a_time_bound_one_thing_each()
    {
        Assert.Equal((7L, null), (AsOf.Version(7).MaxVersion, AsOf.Version(7).MaxTime));
        Assert.Equal((null, Noon), (AsOf.Time(Noon).MaxVersion, AsOf.Time(Noon).MaxTime));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_version_below_1_is_refused(long version) => Assert.Throws<ArgumentOutOfRangeException>(() => AsOf.Version(version));

    [Fact]
    public void Messages_say_it_in_words() =>
        Assert.Equal("now, version 7, 2026-05-01T12:00:00.0000000+02:00", $"{AsOf.Now}, {AsOf.Version(7)}, {AsOf.Time(Noon)}");
}
