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
    // A hash keeps a core busy for tens of milliseconds. A burst of them must not take every thread of the pool: then requests that hold a
    // connection would wait behind hashes, and the rest for a connection.
    private static readonly SemaphoreSlim Turns = new(Environment.ProcessorCount);

    extension(IPasswordHasher<User> hasher)
    {
        // The hasher of ASP.NET Core Identity does not look at the user.
        public async Task<PasswordHash> Hash(Password password, CancellationToken ct)
        {
            await Turns.WaitAsync(ct);
            try
            {
                return new(hasher.HashPassword(null!, password.Reveal()));
            }
            finally
            {
                Turns.Release();
            }
        }

        public bool Matches(PasswordHash hash, Password password) =>
            hasher.VerifyHashedPassword(null!, hash.Reveal(), password.Reveal()) != PasswordVerificationResult.Failed;
    }

    public static IRuleBuilderOptions<T, Password> NewPassword<T>(this IRuleBuilder<T, Password> rule) => rule
        .Must(password => password.Length is >= Password.MinLength and <= Password.MaxLength)
        .WithMessage("A password must have 8 to 256 characters.");
}
