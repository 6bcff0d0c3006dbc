using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Monolith.Contracts;
using Xunit;

namespace Monolith.Testing;

/// <summary>
/// Holds what a module shows to others to what was approved: a file beside the test lists every integration event with its name and JSON shape, and every public type of
/// the Contracts with its members. A change is a red test that says what to do.
/// </summary>
public static class PublicContracts
{
    /// <summary>The file, unless the test names another.</summary>
    public const string DefaultFile = "Contracts.approved.txt";

    private const string Heading =
        """
        # What this module shows to others: its integration events as JSON, then the public types of its Contracts. Written and compared by a test.
        # How to change a contract is in docs/messages.md.
        """;

    /// <summary>Compares the Contracts of a module with those that were approved.</summary>
    /// <param name="contracts">The assembly of the Contracts.</param>
    /// <param name="file">The approved file; relative to the folder of the test's source.</param>
    /// <param name="test">The source of the test; the compiler fills it in.</param>
    public static void MatchApproved(Assembly contracts, string file = DefaultFile, [CallerFilePath] string test = "") =>
        Match(contracts, Path.Combine(Path.GetDirectoryName(test) ?? "", file), Environment.GetEnvironmentVariable(StoredEvents.Variable) == "1");

    internal static void Match(Assembly contracts, string path, bool approve) => Match(Describe(contracts), path, approve);

    internal static void Match(string declared, string path, bool approve)
    {
        var received = path.Replace(".approved.", ".received.", StringComparison.Ordinal);
        var before = File.Exists(path) ? Lines(File.ReadAllText(path)) : null;
        var now = Lines(declared);
        var gone = before?.Except(now, StringComparer.Ordinal).ToList() ?? [];
        var added = before is null ? [] : now.Except(before, StringComparer.Ordinal).ToList();
        var breaking = gone.Concat(added.Where(line => IsNewAndRequired(line, before!))).ToList();
        if ((before is not null && gone.Count + added.Count == 0) || (approve && breaking.Count == 0))
        {
            File.WriteAllText(path, declared);
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, declared);
        Assert.Fail(before is null
            ? $"Nothing was approved yet: there is no {path}.\nRun the test with {StoredEvents.Variable}=1 to write it, read it, and commit it."
            : $"The contracts are not those of {path}.\n\n{Shown("-", gone)}{Shown("+", added)}\n{WhatToDo(breaking, path, received)}");
    }

    /// <summary>The Contracts as text.</summary>
    internal static string Describe(Assembly contracts)
    {
        var text = new StringBuilder(Heading).Append('\n');
        var types = contracts.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal).ToList();
        foreach (var type in types.Where(type => type.GetCustomAttribute<IntegrationEventAttribute>() is not null)
                     .OrderBy(type => type.GetCustomAttribute<IntegrationEventAttribute>()!.Name, StringComparer.Ordinal))
        {
            text.Append('\n').Append(type.GetCustomAttribute<IntegrationEventAttribute>()!.Name).Append('\n');
            foreach (var member in StoredShape.Of(type))
            {
                text.Append("  ").Append(member).Append('\n');
            }
        }

        foreach (var type in types)
        {
            text.Append('\n').Append(PublicMembers.Heading(type)).Append('\n');
            foreach (var member in PublicMembers.Of(type))
            {
                text.Append("  ").Append(member).Append('\n');
            }
        }

        return text.Replace("\r", "").ToString();
    }

    // Each line with the heading that it stands under, so that two types may have members that look alike.
    private static List<string> Lines(string text)
    {
        var (lines, heading) = (new List<string>(), "");
        foreach (var line in text.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            heading = line[0] == ' ' ? heading : line;
            lines.Add(line[0] == ' ' ? $"{heading}: {line.Trim()}" : line);
        }

        return lines;
    }

    // A message that is on its way lacks what its event has only now.
    private static bool IsNewAndRequired(string line, List<string> before) =>
        line.IndexOf(": ", StringComparison.Ordinal) is > 0 and var end
        && before.Contains(line[..end], StringComparer.Ordinal)
        && !line[..end].Contains(' ', StringComparison.Ordinal)
        && !line.EndsWith(", optional", StringComparison.Ordinal);

    private static string Shown(string sign, IEnumerable<string> lines) => string.Concat(lines.Select(line => $"  {sign} {line}\n"));

    private static string WhatToDo(List<string> breaking, string path, string received) => breaking.Count == 0
        ? $"Everybody who knows the former contracts can use these. If the change is meant, run the test with {StoredEvents.Variable}=1, and commit {Path.GetFileName(path)}."
        : $"""
          Whoever uses them would break by this: {string.Join("; ", breaking)}.
          Give what is new a default or a name of its own, and keep the former as long as anybody uses it (docs/messages.md). If nobody does, and no such message is on its
          way or at a webhook: put {received} in the place of {Path.GetFileName(path)}.
          """;
}
