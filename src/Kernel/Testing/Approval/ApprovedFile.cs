using System.Globalization;
using System.Text;
using Monolith.EventSourcing;

namespace Monolith.Testing;

/// <summary>Stored events as text: a paragraph an event, a line a member, so that a change shows as the lines that it concerns.</summary>
internal sealed class ApprovedFile(IReadOnlyList<StoredEvent> events)
{
    private const string Heading =
        """
        # What this module stores, for ever: each event with its version, aliases and JSON shape. Written and compared by a test.
        # How to change an event is in docs/events.md.
        """;

    private const string Version = " version ";
    private const string Aliases = ", also stored as ";

    public static ApprovedFile Of(DomainModel model) => new([.. model.Events.Select(StoredEvent.Of)]);

    /// <exception cref="FormatException">It is not such a file.</exception>
    public static ApprovedFile Parse(string text)
    {
        var events = new List<(string Heading, List<StoredMember> Members)>();
        foreach (var line in text.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] != ' ')
            {
                events.Add((line, []));
            }
            else if (events.Count > 0)
            {
                events[^1].Members.Add(StoredMember.Parse(line.Trim()));
            }
            else
            {
                throw new FormatException($"'{line}' stands before any event.");
            }
        }

        return new(events.ConvertAll(found => ParseEvent(found.Heading, found.Members)));
    }

    /// <summary>What is different now.</summary>
    public List<StoredChange> ChangesTo(ApprovedFile declared, DomainModel model)
    {
        var now = declared.Events.ToDictionary(stored => stored.Name, StringComparer.Ordinal);
        var known = Events.Select(stored => stored.Name).ToHashSet(StringComparer.Ordinal);
        var changes = Events.Select(stored => StoredChange.Between(stored, now.GetValueOrDefault(stored.Name), now, model)).OfType<StoredChange>().ToList();
        changes.AddRange(declared.Events.Where(stored => !known.Contains(stored.Name)).Select(StoredChange.New));
        return [.. changes.OrderBy(change => change.IsReadable).ThenBy(change => change.EventType, StringComparer.Ordinal)];
    }

    public override string ToString()
    {
        var text = new StringBuilder(Heading).Append('\n');
        foreach (var stored in Events)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{stored.Name}{Version}{stored.Version}");
            text.Append(stored.Aliases.Count == 0 ? "" : Aliases + string.Join(", ", stored.Aliases)).Append('\n');
            foreach (var member in stored.Members)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {member}\n");
            }
        }

        return text.Replace("\r", "").ToString();
    }

    private IReadOnlyList<StoredEvent> Events { get; } = events;

    private static StoredEvent ParseEvent(string heading, List<StoredMember> members)
    {
        var (at, also) = (heading.IndexOf(Version, StringComparison.Ordinal), heading.IndexOf(Aliases, StringComparison.Ordinal));
        if (at < 0 || !short.TryParse(heading[(at + Version.Length)..(also < 0 ? heading.Length : also)], NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            throw new FormatException($"'{heading}' is not the heading of an event: expected 'name{Version}1'.");
        }

        return new(heading[..at], version, also < 0 ? [] : heading[(also + Aliases.Length)..].Split(", "), members);
    }
}

/// <summary>An event as it is stored.</summary>
/// <param name="Name">The stored name.</param>
/// <param name="Version">The version of its shape.</param>
/// <param name="Aliases">The names that older ones are stored under, in order.</param>
/// <param name="Members">The shape.</param>
internal sealed record StoredEvent(string Name, short Version, IReadOnlyList<string> Aliases, IReadOnlyList<StoredMember> Members)
{
    public static StoredEvent Of(EventDefinition definition) =>
        new(definition.Name, definition.Version, [.. definition.Aliases.Order(StringComparer.Ordinal)], StoredShape.Of(definition.ClrType));
}
