using System.Globalization;
using Monolith.EventSourcing;

namespace Monolith.Testing;

/// <summary>How an event is stored differently from what was approved, and whether this build still reads what was stored as approved.</summary>
/// <param name="EventType">The stored name.</param>
/// <param name="IsReadable">Whether everything that is stored stays readable.</param>
/// <param name="Lines">What is different, and what is wrong with it.</param>
internal sealed record StoredChange(string EventType, bool IsReadable, IReadOnlyList<string> Lines)
{
    public static StoredChange New(StoredEvent declared) => new(declared.Name, IsReadable: true, ["  + it is new"]);

    /// <summary>Null when nothing is different.</summary>
    /// <param name="approved">The event as approved.</param>
    /// <param name="declared">The event of that name now, if there is one.</param>
    /// <param name="all">All events now.</param>
    /// <param name="model">The model that they are of.</param>
    public static StoredChange? Between(StoredEvent approved, StoredEvent? declared, Dictionary<string, StoredEvent> all, DomainModel model)
    {
        var lines = new List<string>();
        var unread = Enumerable.Range(1, approved.Version).FirstOrDefault(version => !model.CanRead(approved.Name, (short)version));
        var isReadable = unread == 0;
        var successor = declared ?? (model.FindEvent(approved.Name) is { } renamed ? all[renamed.Name] : null);
        if (successor is null)
        {
            lines.Add(isReadable
                ? "  - it is gone; upcasters read what is stored of it"
                : "  - it is gone, and what is stored of it has become unknown: keep it, name it as an alias of its new name, or upcast it (to nothing, if need be)");
        }
        else if (declared is null)
        {
            lines.Add($"  ~ it is called {successor.Name} now, and what is stored of it is read by that name");
        }

        if (successor is not null && successor.Version != approved.Version)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"  ~ version {approved.Version} -> {successor.Version}"));
        }

        if (successor is not null && !isReadable)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"      version {unread} may be stored, which nothing reads"));
        }

        foreach (var alias in approved.Aliases.Except(successor?.Aliases ?? [], StringComparer.Ordinal).Where(alias => alias != successor?.Name))
        {
            var isRead = Enumerable.Range(1, approved.Version).All(version => model.CanRead(alias, (short)version));
            isReadable &= isRead;
            lines.Add($"  - alias {alias}{(isRead ? "" : "\n      events stored under it have become unknown")}");
        }

        lines.AddRange((declared?.Aliases ?? []).Except(approved.Aliases, StringComparer.Ordinal).Select(alias => $"  + alias {alias}"));
        if (successor is not null)
        {
            // Of another version it is the upcasters that read what is stored.
            var hasNewShape = DescribeShape(approved.Members, successor.Members, lines);
            isReadable &= !hasNewShape || successor.Version > approved.Version;
        }

        return lines.Count == 0 ? null : new(approved.Name, isReadable, lines);
    }

    public override string ToString() => $"{EventType}\n{string.Concat(Lines.Select(line => line + "\n"))}";

    // Whether what is stored in the former shape cannot be read as the present one.
    private static bool DescribeShape(IReadOnlyList<StoredMember> approved, IReadOnlyList<StoredMember> declared, List<string> lines)
    {
        var former = approved.ToDictionary(member => member.Path, StringComparer.Ordinal);
        var present = declared.ToDictionary(member => member.Path, StringComparer.Ordinal);
        var (gone, added) = (approved.Where(member => !present.ContainsKey(member.Path)).ToList(), declared.Where(member => !former.ContainsKey(member.Path)).ToList());
        var isUnreadable = false;
        foreach (var path in former.Keys.Union(present.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (before, now) = (former.GetValueOrDefault(path), present.GetValueOrDefault(path));
            if (before == now)
            {
                continue;
            }

            // What lies in something that is new, or gone, as a whole needs no word of its own.
            var problem = (before, now) switch
            {
                (null, { } member) => added.Exists(member.IsIn) || member.IsOptional || IsPart(member) ? null
                    : "what is stored has none: give it a default",
                ({ } member, null) => gone.Exists(member.IsIn) ? null
                    : member.Type == "form" ? "this form may be stored"
                    : added.Exists(other => SharesContainer(other, member)) ? "if it has only another name now, what is stored is not read under that"
                    : null,
                ({ } one, { } other) => other.WhyUnreadable(one),
                _ => null,
            };
            lines.Add(before is null ? $"  + {now}" : now is null ? $"  - {before}" : $"  ~ {before} -> {now.ToString()[(path.Length + 2)..]}");
            if (problem is not null)
            {
                lines.Add($"      {problem}");
                isUnreadable = true;
            }
        }

        return isUnreadable;
    }

    // An item or a value: there may be none of it, but it is never missing.
    private static bool IsPart(StoredMember member) => member.Path[^1] is ']' or '}';

    private static bool SharesContainer(StoredMember one, StoredMember other) =>
        !IsPart(one) && !IsPart(other) && Container(one.Path) == Container(other.Path);

    private static string Container(string path) => path[..(path.LastIndexOf('.') + 1)];
}
