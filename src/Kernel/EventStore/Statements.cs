using System.Collections.Concurrent;
using System.Reflection;

namespace Monolith.EventStore;

/// <summary>The SQL of the kernel: one embedded file a statement, read once.</summary>
internal static class Statements
{
    private static readonly ConcurrentDictionary<string, string> Texts = new(StringComparer.Ordinal);

    /// <summary>The names of all statement files.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. typeof(Statements).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>The text of a statement, without the comment that documents it: comments would travel to the server with every parse.</summary>
    public static string Text(string file) => Texts.GetOrAdd(file, static file => string.Join(
        '\n',
        Source(file).Split('\n').Where(line => !line.StartsWith("--", StringComparison.Ordinal))).Trim());

    /// <summary>The whole file.</summary>
    public static string Source(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"There is no statement '{file}'.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
