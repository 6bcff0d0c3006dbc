using FluentValidation;

namespace Monolith.ModuleName.Features;

/// <summary>What makes a title valid.</summary>
internal static class Titles
{
    private const int MaxLength = 140;

    public static IRuleBuilderOptions<T, string> Title<T>(this IRuleBuilder<T, string> rule) => rule
        .Must(title => !string.IsNullOrWhiteSpace(title) && title.Length <= MaxLength && !title.Any(char.IsControl))
        .WithMessage("A title must have 1 to 140 characters, without control characters.");
}
