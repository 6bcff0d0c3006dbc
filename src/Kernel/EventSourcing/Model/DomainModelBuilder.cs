using System.Reflection;
using System.Text.RegularExpressions;

namespace Monolith.EventSourcing;

/// <summary>Collects the types of the modules and checks that they fit together.</summary>
public sealed partial class DomainModelBuilder
{
    private readonly Dictionary<Type, EventTypeAttribute> events = [];
    private readonly Dictionary<Type, AggregateTypeAttribute> aggregates = [];
    private readonly List<Upcaster> upcasters = [];
    private readonly HashSet<Assembly> assemblies = [];

    /// <summary>
    /// Adds everything that an assembly declares: events, aggregates, and upcasters with a parameterless constructor. Adding it again changes nothing.
    /// </summary>
    public DomainModelBuilder Add(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        if (!assemblies.Add(assembly))
        {
            return this;
        }

        foreach (var type in assembly.GetTypes())
        {
            if (type.GetCustomAttribute<EventTypeAttribute>() is not null)
            {
                AddEvent(type);
            }

            if (type.GetCustomAttribute<AggregateTypeAttribute>() is not null)
            {
                AddAggregate(type);
            }

            if (type.IsSubclassOf(typeof(Upcaster)) && !type.IsAbstract && !type.ContainsGenericParameters && type.GetConstructor(Type.EmptyTypes) is { } constructor)
            {
                Add((Upcaster)constructor.Invoke(BindingFlags.DoNotWrapExceptions, binder: null, parameters: null, culture: null));
            }
        }

        return this;
    }

    /// <summary>Adds one event type.</summary>
    /// <exception cref="InvalidModelException">It has no <see cref="EventTypeAttribute"/>.</exception>
    public DomainModelBuilder AddEvent(Type clrType)
    {
        ArgumentNullException.ThrowIfNull(clrType);
        events[clrType] = clrType.GetCustomAttribute<EventTypeAttribute>()
            ?? throw new InvalidModelException($"{clrType.FullName} has no [EventType].");
        return this;
    }

    /// <summary>Adds one aggregate type.</summary>
    /// <exception cref="InvalidModelException">It has no <see cref="AggregateTypeAttribute"/>.</exception>
    public DomainModelBuilder AddAggregate(Type clrType)
    {
        ArgumentNullException.ThrowIfNull(clrType);
        aggregates[clrType] = clrType.GetCustomAttribute<AggregateTypeAttribute>()
            ?? throw new InvalidModelException($"{clrType.FullName} has no [AggregateType].");
        return this;
    }

    /// <summary>Adds one upcaster.</summary>
    public DomainModelBuilder Add(Upcaster upcaster)
    {
        ArgumentNullException.ThrowIfNull(upcaster);
        upcasters.Add(upcaster);
        return this;
    }

    /// <summary>The model.</summary>
    /// <exception cref="InvalidModelException">A name is malformed or declared twice, or upcasters leave a gap.</exception>
    public DomainModel Build()
    {
        foreach (var (type, declared) in events)
        {
            foreach (var name in declared.Aliases.Append(declared.Name))
            {
                Check(EventName().IsMatch(name) && name.Length <= 128, type, name, "aggregate.past_tense in lower case, at most 128 characters");
            }

            Check(declared.Version >= 1, type, declared.Name, "a version from 1");
        }

        foreach (var (type, declared) in aggregates)
        {
            Check(AggregateName().IsMatch(declared.Name), type, declared.Name, "lower-case letters, digits and underscores, at most 32");
            Check(declared.SnapshotEvery >= 0, type, declared.Name, "SnapshotEvery of 0 or more");
            Check(declared.SnapshotAfterBytes >= 0, type, declared.Name, "SnapshotAfterBytes of 0 or more");
            Check(declared.SnapshotsKept >= 0, type, declared.Name, "SnapshotsKept of 0 or more");
            Check(declared.SnapshotKeptEvery >= 0, type, declared.Name, "SnapshotKeptEvery of 0 or more");
        }

        RefuseDoubles("event", events.SelectMany(pair => pair.Value.Aliases.Append(pair.Value.Name).Select(name => (name, pair.Key))));
        RefuseDoubles("aggregate", aggregates.Select(pair => (pair.Value.Name, pair.Key)));
        RefuseDoubles("upcaster of", upcasters.Select(upcaster => ($"{upcaster.EventType} version {upcaster.Version}", upcaster.GetType())));
        RefuseGaps();

        return new DomainModel(
            [.. events.Select(pair => new EventDefinition(pair.Key, pair.Value)).OrderBy(definition => definition.Name, StringComparer.Ordinal)],
            [.. aggregates.Select(pair => AggregateDefinition.Of(pair.Key, pair.Value)).OrderBy(definition => definition.Name, StringComparer.Ordinal)],
            upcasters);
    }

    private static void Check(bool valid, Type type, string name, string expected)
    {
        if (!valid)
        {
            throw new InvalidModelException($"'{name}', declared by {type.FullName}, is not valid: expected {expected}.");
        }
    }

    private static void RefuseDoubles(string kind, IEnumerable<(string Name, Type Type)> declared)
    {
        foreach (var group in declared.GroupBy(pair => pair.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            throw new InvalidModelException($"The {kind} '{group.Key}' is declared {group.Count()} times: {string.Join(", ", group.Select(pair => pair.Type.FullName))}.");
        }
    }

    // A type at version n was stored as 1 … n-1 too, so each of those needs an upcaster.
    private void RefuseGaps()
    {
        var known = upcasters.Select(upcaster => (upcaster.EventType, upcaster.Version)).ToHashSet();
        foreach (var declared in events.Values)
        {
            for (short version = 1; version < declared.Version; version++)
            {
                if (!known.Contains((declared.Name, version)))
                {
                    throw new InvalidModelException($"'{declared.Name}' is at version {declared.Version}, but nothing upcasts its version {version}.");
                }
            }

            if (upcasters.Find(upcaster => upcaster.EventType == declared.Name && upcaster.Version >= declared.Version) is { } tooNew)
            {
                throw new InvalidModelException($"{tooNew.GetType().FullName} upcasts version {tooNew.Version} of '{declared.Name}', which is at version {declared.Version}.");
            }

            if (upcasters.Find(upcaster => declared.Aliases.Contains(upcaster.EventType, StringComparer.Ordinal)) is { } ofAlias)
            {
                throw new InvalidModelException($"{ofAlias.GetType().FullName} upcasts '{ofAlias.EventType}', which is an alias: upcast '{declared.Name}', or take the alias away.");
            }
        }
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EventName();

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,31}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AggregateName();
}
