using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Monolith.Webhooks.Delivering;

/// <summary>The headers of Standard Webhooks, version 1: HMAC-SHA256 over id, timestamp and body.</summary>
internal static class Signature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>The timestamp, in seconds since 1970.</summary>
    public static string Timestamp(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>One signature for each key, so that a receiver that knows any of them is content.</summary>
    public static string Of(string id, string timestamp, string body, IEnumerable<byte[]> keys)
    {
        var signed = Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}");
        return string.Join(' ', keys.Select(key => "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed))));
    }
}
