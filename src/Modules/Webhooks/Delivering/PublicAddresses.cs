using System.Net;
using System.Net.Sockets;

namespace Monolith.Webhooks.Delivering;

/// <summary>Which addresses lie outside, for everybody to reach. All others may be a neighbour's: of this machine, its network, or its cloud.</summary>
internal static class PublicAddresses
{
    // The special-purpose registries of IANA, and multicast. 64:ff9b::/96 and 2002::/16 carry an IPv4 address, which may be a private one.
    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
            "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
        }.Select(IPNetwork.Parse),
    ];

    // What IANA has given out so far. Everything else of IPv6 is loopback, link-local, unique-local, mapped, translated, multicast, or nobody's.
    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");

    public static bool Contains(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (address.AddressFamily == AddressFamily.InterNetwork || Global.Contains(address)) && !Array.Exists(Special, network => network.Contains(address));
    }
}
