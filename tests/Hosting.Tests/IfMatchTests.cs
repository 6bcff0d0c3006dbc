namespace Monolith.Hosting.Tests;

public sealed class IfMatchTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("*", null)]
    [InlineData("\"7\"", 7L)]
    [InlineData(" \"7\" ", 7L)]
    [InlineData("\"0\"", 0L)]
    public void An_entity_tag_is_the_required_version(string header, long? version) =>
        Assert.Equal(version, IfMatch.Parse(header).Version);

    [Theory]
    [InlineData("7")]
    [InlineData("W/\"7\"")]
    [InlineData("\"7\", \"8\"")]
    [InlineData("\"\"")]
    [InlineData("\"-1\"")]
    [InlineData("\"+1\"")]
    [InlineData("\"seven\"")]
    [InlineData("\"99999999999999999999\"")]
    [InlineData("\"")]
    public void Anything_else_is_refused(string header) =>
        Assert.Throws<RefusedRequestException>(() => IfMatch.Parse(header));
}
