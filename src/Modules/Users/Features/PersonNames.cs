using FluentValidation;

namespace Monolith.Users.Features;

/// <summary>What makes a first or last name valid: people have one name or several, so it may be empty.</summary>
internal static class PersonNames
{
    private const int MaxLength = 100;

    public static IRuleBuilderOptions<T, string> PersonName<T>(this IRuleBuilder<T, string> rule) => rule
        .Must(name => name is { Length: <= MaxLength } && !name.Any(char.IsControl))
        .WithMessage("A name must have at most 100 characters, without control characters.");
}
