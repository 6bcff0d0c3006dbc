using FluentValidation;
using Monolith.Accounts.Domain;

namespace Monolith.Accounts.Features;

/// <summary>What makes the amount and the reference of a movement valid. Whether the amount fits the currency, the account decides.</summary>
internal static class Amounts
{
    private const int MaxReferenceLength = 140;

    public static IRuleBuilderOptions<T, decimal> Amount<T>(this IRuleBuilder<T, decimal> rule) => rule
        .Must(amount => amount is > 0m and <= Account.MaxAmount)
        .WithMessage("An amount must be greater than 0 and at most 1000000000000.");

    public static IRuleBuilderOptions<T, string> Reference<T>(this IRuleBuilder<T, string> rule) => rule
        .Must(text => text is { Length: <= MaxReferenceLength } && !text.Any(char.IsControl))
        .WithMessage("A reference must have at most 140 characters, without control characters.");
}
