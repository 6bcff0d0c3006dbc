using FluentValidation;
using Microsoft.AspNetCore.Identity;
using Monolith.Users.Domain;

namespace Monolith.Users.Features;

/// <summary>
/// Passwords and the hasher of ASP.NET Core Identity. Hashing is slow on purpose and uses random salt, so handlers do it and aggregates only
/// see hashes.
/// </summary>
internal static class PasswordHashing
{
    extension(IPasswordHasher<User> hasher)
    {
        // The hasher of ASP.NET Core Identity does not look at the user.
        public PasswordHash Hash(Password password) => new(hasher.HashPassword(null!, password.Reveal()));

        public bool Matches(PasswordHash hash, Password password) =>
            hasher.VerifyHashedPassword(null!, hash.Reveal(), password.Reveal()) != PasswordVerificationResult.Failed;
    }

    public static IRuleBuilderOptions<T, Password> NewPassword<T>(this IRuleBuilder<T, Password> rule) => rule
        .Must(password => password.Length is >= Password.MinLength and <= Password.MaxLength)
        .WithMessage("A password must have 8 to 256 characters.");
}
