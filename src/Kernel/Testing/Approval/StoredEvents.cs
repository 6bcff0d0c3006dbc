using System.Reflection;
using System.Runtime.CompilerServices;
using Monolith.EventSourcing;
using Xunit;

namespace Monolith.Testing;

/// <summary>
/// Holds what a module stores to what was approved: a file beside the test lists the stored name, version, aliases and JSON shape of every event. A change
/// is a red test that says what to do.
/// </summary>
public static class StoredEvents
{
    /// <summary>
    /// The environment variable that approves: with <c>1</c>, changes by which everything stored stays readable are written into the approved file. Others
    /// stay red: they need a version and an upcaster, or, where no such event was ever stored, the received file put in the place of the approved one.
    /// </summary>
    public const string Variable = "MONOLITH_APPROVE";

    /// <summary>The file, unless the test names another.</summary>
    public const string DefaultFile = "StoredEvents.approved.txt";

    /// <summary>Compares the events that an assembly declares with those that were approved.</summary>
    /// <param name="assembly">The module.</param>
    /// <param name="file">The approved file; relative to the folder of the test's source.</param>
    /// <param name="test">The source of the test; the compiler fills it in.</param>
    public static void MatchApproved(Assembly assembly, string file = DefaultFile, [CallerFilePath] string test = "") =>
        MatchApproved(new DomainModelBuilder().Add(assembly).Build(), file, test);

    /// <summary>Compares the events of a model with those that were approved.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The approved file; relative to the folder of the test's source.</param>
    /// <param name="test">The source of the test; the compiler fills it in.</param>
    public static void MatchApproved(DomainModel model, string file = DefaultFile, [CallerFilePath] string test = "") =>
        Match(model, Path.Combine(Path.GetDirectoryName(test) ?? "", file), Environment.GetEnvironmentVariable(Variable) == "1");

    internal static void Match(DomainModel model, string path, bool approve)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            Assert.Fail($"There is no folder {Path.GetDirectoryName(path)} for the approved events: the test was compiled elsewhere. Give the path of the file.");
        }

        var received = path.Contains(".approved.", StringComparison.Ordinal)
            ? path.Replace(".approved.", ".received.", StringComparison.Ordinal)
            : path + ".received.txt";
        var declared = ApprovedFile.Of(model);
        var changes = File.Exists(path) ? ApprovedFile.Parse(File.ReadAllText(path)).ChangesTo(declared, model) : null;
        var isReadable = changes?.TrueForAll(change => change.IsReadable) ?? true;
        if (changes is { Count: 0 } || (approve && isReadable))
        {
            if (changes is not { Count: 0 })
            {
                File.WriteAllText(path, declared.ToString());
            }

            File.Delete(received);
            return;
        }

        File.WriteAllText(received, declared.ToString());
        Assert.Fail(changes is null
            ? $"Nothing was approved yet: there is no {path}.\nRun the test with {Variable}=1 to write it, read it, and commit it."
            : $"The stored events are not those of {path}.\n\n{string.Join('\n', changes)}\n{WhatToDo(isReadable, path, received)}");
    }

    private static string WhatToDo(bool isReadable, string path, string received) => isReadable
        ? $"Everything that is stored stays readable. If the change is meant, run the test with {Variable}=1, and commit {Path.GetFileName(path)}."
        : $"""
          What is stored must stay readable: raise the version and write an upcaster (docs/events.md), or take the change back. Then run the test with {Variable}=1.
          Only if no such event was ever stored anywhere: put {received} in the place of {Path.GetFileName(path)}.
          """;
}
