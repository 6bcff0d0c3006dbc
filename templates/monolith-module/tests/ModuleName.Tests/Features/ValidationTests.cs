using FluentValidation;
using Monolith.ModuleName.Features;
using Xunit;

namespace Monolith.ModuleName.Tests.Features;

public class ValidationTests
{
    [Theory]
    [InlineData("The first", true)]
    [InlineData("", false)]
    [InlineData("  ", false)]
    [InlineData("The\nfirst", false)]
    public void A_title_is_one_line_with_something_on_it(string title, bool valid)
    {
        Assert.Equal(valid, IsValid(new CreateAggregateNameValidator(), new(Guid.Empty, title)));
        Assert.Equal(valid, IsValid(new RenameAggregateNameValidator(), new(Guid.Empty, title, null)));
    }

    [Fact]
    public void A_title_has_at_most_140_characters()
    {
        Assert.True(IsValid(new CreateAggregateNameValidator(), new(Guid.Empty, new string('a', 140))));
        Assert.False(IsValid(new CreateAggregateNameValidator(), new(Guid.Empty, new string('a', 141))));
    }

    private static bool IsValid<T>(AbstractValidator<T> validator, T message) => validator.Validate(message).IsValid;
}
