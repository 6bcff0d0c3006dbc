using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Monolith.EventStore.Projections;

/// <summary>A part of all keys, chosen by a seed: the same everywhere, here and in the database (<c>eventstore.is_sampled</c>).</summary>
public sealed class KeySample
{
    private const double Whole = 1L << 32;

    internal KeySample(int seed, double fraction) => (Seed, Fraction, Threshold) = (seed, fraction, (long)Math.Ceiling(fraction * Whole));

    /// <summary>What chooses the keys.</summary>
    public int Seed { get; }

    /// <summary>Which part of all keys it is, between 0 and 1.</summary>
    public double Fraction { get; }

    /// <summary>Keys are in the sample whose hash, of 32 bits, is below this.</summary>
    public long Threshold { get; }

    /// <summary>Whether a key of a tenant belongs to it.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "It spreads keys; nothing is kept secret by it.")]
    public bool Contains(string tenantId, string key) =>
        BinaryPrimitives.ReadUInt32BigEndian(MD5.HashData(Encoding.UTF8.GetBytes($"{Seed}/{tenantId}/{key}"))) < Threshold;
}
