using System.Text;
using System.Text.Json.Nodes;
using Monolith.EventSourcing;
using Xunit;

namespace Monolith.Testing;

/// <summary>Events and states as the store keeps them: the real JSON, in the order in which jsonb returns the members.</summary>
internal sealed class StoredForm(DomainModel model, AggregateDefinition aggregate)
{
    private readonly StreamId stream = new("test", aggregate.Name, Guid.Empty);

    /// <summary>What is read when this event was stored. It stays the same, unless an upcaster reads the current version too.</summary>
    public IEnumerable<object> RoundTrip(object @event)
    {
        var definition = model.Event(@event.GetType());
        try
        {
            var written = definition.Serialize(@event);
            var decoded = model.Decode(definition.Name, definition.Version, Jsonb(written), stream, streamVersion: 1);
            var read = Enumerable.Range(0, decoded.Count).Select(index => decoded[index]).ToArray();
            if (read is [var single] && single.GetType() == @event.GetType())
            {
                RequireSame($"The event '{definition.Name}'", @event, written, single, definition.Serialize(single));
            }

            return read;
        }
        catch (Exception problem) when (problem is NotSupportedException or UnreadableEventException)
        {
            Assert.Fail($"The event '{definition.Name}' ({@event.GetType().Name}) cannot be stored and read again: {problem.Message}");
            throw;
        }
    }

    /// <summary>What is read when this state was stored as a snapshot; the state itself where its type has no snapshots.</summary>
    public object RoundTripState(object state)
    {
        if (!aggregate.HasSnapshots)
        {
            return state;
        }

        try
        {
            var written = aggregate.SerializeState(state);
            var read = aggregate.DeserializeState(Jsonb(written));
            RequireSame($"The state of '{aggregate.Name}'", state, written, read, aggregate.SerializeState(read));
            return read;
        }
        catch (Exception problem) when (problem is NotSupportedException or System.Text.Json.JsonException)
        {
            Assert.Fail($"The state of '{aggregate.Name}' ({aggregate.StateType.Name}) cannot be stored and read again: {problem.Message}");
            throw;
        }
    }

    public bool AreSame(object expected, object actual) =>
        expected.Equals(actual) || (expected.GetType() == actual.GetType() && Jsonb(Written(expected)).AsSpan().SequenceEqual(Jsonb(Written(actual))));

    public string Describe(object @event) => $"{model.Event(@event.GetType()).Name} {Encoding.UTF8.GetString(Written(@event))}";

    private byte[] Written(object @event) => model.Event(@event.GetType()).Serialize(@event);

    // Compared as JSON, which is exact, and member by member, which finds what never reaches the JSON.
    private static void RequireSame(string what, object before, byte[] written, object after, byte[] read)
    {
        var difference = !Jsonb(written).AsSpan().SequenceEqual(Jsonb(read))
            ? $"Read: {Encoding.UTF8.GetString(read)}"
            : Record.Exception(() => Assert.Equivalent(before, after, strict: true))?.Message;
        if (difference is not null)
        {
            Assert.Fail($"{what} changes when it is stored and read again.\nStored: {Encoding.UTF8.GetString(written)}\n{difference}");
        }
    }

    // jsonb returns members by length of the name, then by bytes, whatever the order in which they were written.
    private static byte[] Jsonb(byte[] json) => Encoding.UTF8.GetBytes(Sorted(JsonNode.Parse(json))?.ToJsonString(EventJson.Options) ?? "null");

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members
            .OrderBy(member => Encoding.UTF8.GetByteCount(member.Key))
            .ThenBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, Sorted(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
