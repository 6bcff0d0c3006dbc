using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Monolith.EndToEnd.Tests.Deployment;

/// <summary>What ops/compose.yaml says, with its anchors merged.</summary>
internal static partial class ComposeFile
{
    public static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "ops");
    public static readonly Dictionary<object, object> Root = Read("compose.yaml");

    public static Dictionary<object, object> Services => Map(Root["services"]);

    public static Dictionary<object, object> Read(string file)
    {
        var text = File.ReadAllText(Path.Combine(Folder, file));
        return new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(new StringReader(text))));
    }

    public static Dictionary<object, object> Map(object node) => (Dictionary<object, object>)node;

    public static List<string> List(object node, string key) => Map(node).TryGetValue(key, out var list) ? [.. ((List<object>)list).Cast<string>()] : [];

    /// <summary>The variables of a service; those that whoever starts it gives have the values of the dictionary, or their defaults.</summary>
    public static Dictionary<string, string> Environment(string service, IReadOnlyDictionary<string, string> given) => Map(Map(Services[service])["environment"]).ToDictionary(
        variable => (string)variable.Key,
        variable => GivenPattern().Replace((string)variable.Value, match => given.GetValueOrDefault(match.Groups["name"].Value, match.Groups["default"].Value)),
        StringComparer.Ordinal);

    /// <summary>The secrets of a service: of which name, and under which path it finds each.</summary>
    public static Dictionary<string, string> Secrets(string service) => Map(Services[service]).TryGetValue("secrets", out var secrets)
        ? ((List<object>)secrets).ToDictionary(
            secret => secret as string ?? (string)Map(secret)["source"],
            secret => "/run/secrets/" + (secret as string ?? (string)Map(secret)["target"]),
            StringComparer.Ordinal)
        : [];

    [GeneratedRegex(@"\$\{(?<name>\w+)(:-(?<default>[^}]*)|:\?[^}]*)?\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex GivenPattern();
}
