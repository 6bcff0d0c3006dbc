using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Monolith.Webhooks.Domain;

namespace Monolith.Webhooks.Delivering;

/// <summary>Makes the secrets that sign, and keeps them encrypted. In clear a secret is shown once, to whoever registers an endpoint or rotates its secret.</summary>
public sealed class EndpointSecrets(IDataProtectionProvider protection)
{
    private const string Prefix = "whsec_";
    private const int Bytes = 32;

    private readonly IDataProtector protector = protection.CreateProtector("Monolith.Webhooks.EndpointSecrets.v1");

    /// <summary>A new secret, as it is kept.</summary>
    public ProtectedSecret Create() => new(protector.Protect(Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes))));

    /// <summary>A kept secret in clear, in the form of Standard Webhooks.</summary>
    /// <exception cref="CryptographicException">The keys that it was encrypted with are not here.</exception>
    public string InClear(ProtectedSecret secret) => protector.Unprotect(secret.Reveal());

    /// <summary>The key of a kept secret.</summary>
    /// <exception cref="CryptographicException">The keys that it was encrypted with are not here.</exception>
    internal byte[] KeyOf(ProtectedSecret secret) => Convert.FromBase64String(InClear(secret)[Prefix.Length..]);
}
