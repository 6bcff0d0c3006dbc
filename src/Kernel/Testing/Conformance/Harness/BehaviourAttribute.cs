using System.Globalization;
using Xunit.v3;

namespace Monolith.Testing.Conformance;

/// <summary>Which of the promised behaviours of the event store a test asserts, by their numbers.</summary>
/// <param name="lines">The numbers.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public sealed class BehaviourAttribute(params int[] lines) : Attribute, ITraitAttribute
{
    /// <summary>The numbers.</summary>
    public IReadOnlyList<int> Lines { get; } = lines;

    /// <inheritdoc />
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() =>
        [.. Lines.Select(line => KeyValuePair.Create("Behaviour", line.ToString(CultureInfo.InvariantCulture)))];
}
