using System.Collections.Frozen;
using System.Text;
using System.Text.Json.Nodes;

namespace Monolith.EventSourcing;

/// <summary>All event types, upcasters and aggregate types that this process knows. Built once at start by <see cref="DomainModelBuilder"/>; immutable.</summary>
public sealed class DomainModel
{
    // Far above any real chain of versions; only upcasters that lead back to where they came from get there.
    private const int MaxUpcasts = 1000;

    private readonly FrozenDictionary<Type, EventDefinition> eventsByType;
    private readonly FrozenDictionary<string, EventDefinition> eventsByName;
    private readonly FrozenDictionary<Type, AggregateDefinition> aggregatesByType;
    private readonly FrozenDictionary<string, AggregateDefinition> aggregatesByName;
    private readonly FrozenDictionary<(string EventType, short Version), Upcaster> upcasters;

    internal DomainModel(IReadOnlyList<EventDefinition> events, IReadOnlyList<AggregateDefinition> aggregates, IEnumerable<Upcaster> upcasters)
    {
        Events = events;
        Aggregates = aggregates;
        eventsByType = events.ToFrozenDictionary(definition => definition.ClrType);
        eventsByName = events
            .SelectMany(definition => definition.Aliases.Append(definition.Name).Select(name => (name, definition)))
            .ToFrozenDictionary(pair => pair.name, pair => pair.definition, StringComparer.Ordinal);
        aggregatesByType = aggregates.ToFrozenDictionary(definition => definition.ClrType);
        aggregatesByName = aggregates.ToFrozenDictionary(definition => definition.Name, StringComparer.Ordinal);
        this.upcasters = upcasters.ToFrozenDictionary(upcaster => (upcaster.EventType, upcaster.Version));
    }

    /// <summary>The event types, in the order of their stored names.</summary>
    public IReadOnlyList<EventDefinition> Events { get; }

    /// <summary>The aggregate types, in the order of their stored names.</summary>
    public IReadOnlyList<AggregateDefinition> Aggregates { get; }

    /// <summary>The definition of an event's class.</summary>
    /// <exception cref="InvalidModelException">The class is not registered.</exception>
    public EventDefinition Event(Type clrType)
    {
        ArgumentNullException.ThrowIfNull(clrType);
        return eventsByType.TryGetValue(clrType, out var definition) ? definition
            : throw new InvalidModelException($"{clrType.FullName} is not a registered event: declare it with [EventType] in a module's assembly.");
    }

    /// <summary>The definition that reads events of a stored name, or null.</summary>
    public EventDefinition? FindEvent(string storedName) => eventsByName.GetValueOrDefault(storedName);

    /// <summary>Whether events stored under a name and version can be read: as the type that declares both, or by an upcaster.</summary>
    public bool CanRead(string storedName, short version)
    {
        var definition = FindEvent(storedName);
        return definition?.Version == version || upcasters.ContainsKey((definition?.Name ?? storedName, version));
    }

    /// <summary>The definition of an aggregate's class.</summary>
    /// <exception cref="InvalidModelException">The class is not registered.</exception>
    public AggregateDefinition Aggregate(Type clrType)
    {
        ArgumentNullException.ThrowIfNull(clrType);
        return aggregatesByType.TryGetValue(clrType, out var definition) ? definition
            : throw new InvalidModelException($"{clrType.FullName} is not a registered aggregate: declare it with [AggregateType] in a module's assembly.");
    }

    /// <summary>The definition of an aggregate type by its stored name.</summary>
    /// <exception cref="InvalidModelException">No aggregate declares the name.</exception>
    public AggregateDefinition Aggregate(string storedName) => FindAggregate(storedName)
        ?? throw new InvalidModelException($"'{storedName}' is not a registered aggregate type.");

    /// <summary>The definition of an aggregate type by its stored name, or null.</summary>
    public AggregateDefinition? FindAggregate(string storedName) => aggregatesByName.GetValueOrDefault(storedName);

    /// <summary>Reads a stored event: as it is when its version is current, else through the upcasters. Mostly one event; none or several after upcasting.</summary>
    /// <param name="eventType">The stored name.</param>
    /// <param name="version">The stored version.</param>
    /// <param name="data">UTF-8 JSON.</param>
    /// <param name="stream">Where it stands, for errors.</param>
    /// <param name="streamVersion">Its version there, for errors.</param>
    /// <exception cref="UnknownEventTypeException">No registered type declares the name.</exception>
    /// <exception cref="UnreadableEventException">The data does not fit the type, or its version is newer than this process knows.</exception>
    public DecodedEvents Decode(string eventType, short version, ReadOnlySpan<byte> data, StreamId stream, long streamVersion)
    {
        try
        {
            if (FindEvent(eventType) is { } definition && definition.Version == version)
            {
                return new(definition.Deserialize(data));
            }

            var events = new List<object>();
            Upcast(new(eventType, version, Parse(data)), events, MaxUpcasts, stream, streamVersion);
            return new([.. events]);
        }
        catch (Exception problem) when (problem is not EventSourcingException)
        {
            throw new UnreadableEventException(eventType, stream, streamVersion, problem);
        }
    }

    private void Upcast(Upcast stored, List<object> events, int upcastsLeft, StreamId stream, long streamVersion)
    {
        var definition = FindEvent(stored.EventType);
        if (upcasters.TryGetValue((definition?.Name ?? stored.EventType, stored.Version), out var upcaster))
        {
            if (upcastsLeft == 0)
            {
                throw new NotSupportedException($"the upcasters of '{stored.EventType}' version {stored.Version} lead in a circle");
            }

            foreach (var next in upcaster.Up(stored.Data))
            {
                Upcast(next, events, upcastsLeft - 1, stream, streamVersion);
            }
        }
        else if (definition is null)
        {
            throw new UnknownEventTypeException(stored.EventType, stream, streamVersion);
        }
        else if (definition.Version != stored.Version)
        {
            throw new NotSupportedException($"it has version {stored.Version}, but this process reads '{definition.Name}' up to version {definition.Version}");
        }
        else
        {
            events.Add(definition.Deserialize(Encoding.UTF8.GetBytes(stored.Data.ToJsonString(EventJson.Options))));
        }
    }

    private static JsonObject Parse(ReadOnlySpan<byte> data) => JsonNode.Parse(data) as JsonObject
        ?? throw new System.Text.Json.JsonException("The data of an event is not a JSON object.");
}

/// <summary>What one stored event reads as. A struct, because nearly always it is just one event.</summary>
public readonly struct DecodedEvents
{
    private readonly object? single;
    private readonly object[]? several;

    internal DecodedEvents(object single) => this.single = single;

    internal DecodedEvents(object[] several) => this.several = several;

    /// <summary>How many events there are.</summary>
    public int Count => several?.Length ?? 1;

    /// <summary>One of them, in order.</summary>
    public object this[int index] => several is null ? single! : several[index];
}
