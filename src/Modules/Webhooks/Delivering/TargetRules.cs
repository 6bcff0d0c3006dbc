using System.Net;

namespace Monolith.Webhooks.Delivering;

/// <summary>What may be delivered to. Looked at when an endpoint is registered, so that its owner hears of it; what counts is looked at again for every connection.</summary>
public sealed class TargetRules(WebhookOptions options)
{
    private const int MaxLength = 2048;

    private static readonly string[] InsideNames = ["localhost", ".localhost", ".local", ".internal", ".home.arpa", ".lan"];

    /// <summary>Why a URL is refused, in a sentence; null when it is not.</summary>
    public string? WhyRefused(string? text)
    {
        if (text is null || text.Length > MaxLength || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            return "A URL must be absolute, and at most 2048 characters.";
        }

        if (url.Scheme != Uri.UriSchemeHttps && !(options.AllowPrivateTargets && url.Scheme == Uri.UriSchemeHttp))
        {
            return "A URL must begin with https.";
        }

        if (url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            return "A URL must have neither a user nor a fragment.";
        }

        return MayReach(url.IdnHost) ? null : "A URL must lead to a public address.";
    }

    /// <summary>Whether an address may be connected to.</summary>
    internal bool MayReach(IPAddress address) => options.AllowPrivateTargets || PublicAddresses.Contains(address);

    // An address in whatever form, decimal, octal or hexadecimal too, has become the usual one when the URL was read.
    private bool MayReach(string host) => options.AllowPrivateTargets
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address)
            ? PublicAddresses.Contains(address)
            : !Array.Exists(InsideNames, name => name[0] == '.' ? Name(host).EndsWith(name, StringComparison.OrdinalIgnoreCase) : Name(host).Equals(name, StringComparison.OrdinalIgnoreCase))
                && Name(host).Contains('.', StringComparison.Ordinal));

    private static string Name(string host) => host.TrimEnd('.');
}
