using System.Reflection;

namespace Monolith.Hosting;

/// <summary>The SQL of the read models: one embedded file a statement.</summary>
internal static class ReadModelStatements
{
    /// <summary>The text of a statement, without the comment that documents it.</summary>
    public static string Text(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"There is no statement '{file}'.");
        using var reader = new StreamReader(stream);
        return string.Join('\n', reader.ReadToEnd().Split('\n').Where(line => !line.StartsWith("--", StringComparison.Ordinal))).Trim();
    }
}
