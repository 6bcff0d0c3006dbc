namespace Monolith.EventSourcing.Tests.Events;

public class ExpectedVersionTests
{
    [Theory]
    [InlineData(0, true, false, true)]
    [InlineData(1, false, true, true)]
    [InlineData(7, false, true, true)]
    public void None_exists_and_any_accept_what_their_names_say(long actual, bool none, bool exists, bool any)
    {
        Assert.Equal(none, ExpectedVersion.None.Accepts(actual));
        Assert.Equal(exists, ExpectedVersion.Exists.Accepts(actual));
        Assert.Equal(any, ExpectedVersion.Any.Accepts(actual));
    }

    [Fact]
    public void An_exact_version_accepts_that_version_alone() =>
        Assert.Equal([false, true, false], new[] { 6L, 7L, 8L }.Select(ExpectedVersion.Exactly(7).Accepts));

    [Fact]
    public void None_is_the_default_and_the_same_as_exactly_0()
    {
        Assert.Equal(ExpectedVersion.None, default);
        Assert.Equal(ExpectedVersion.None, ExpectedVersion.Exactly(0));
    }

    [Fact]
    public void Only_an_exact_version_and_none_name_one_version() =>
        Assert.Equal(
            [true, true, false, false],
            new[] { ExpectedVersion.None, ExpectedVersion.Exactly(7), ExpectedVersion.Exists, ExpectedVersion.Any }.Select(expected => expected.IsExact));

    [Fact]
    public void A_negative_version_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => ExpectedVersion.Exactly(-1));

    [Fact]
    public void Messages_say_it_in_words() =>
        Assert.Equal("none exists any 7", $"{ExpectedVersion.None} {ExpectedVersion.Exists} {ExpectedVersion.Any} {ExpectedVersion.Exactly(7)}");
}
