using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Monolith.EventSourcing;

/// <summary>How events, metadata and states are written as JSON. What is stored must stay readable for ever, so this never changes.</summary>
public static class EventJson
{
    /// <summary>
    /// camelCase, enums as strings, a missing constructor parameter without a default is an error, null where none is allowed is an error,
    /// unknown members are ignored so that a field can be taken away. A member that could not be read back, such as a computed property, is not written.
    /// </summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>How a type is written and read.</summary>
    /// <exception cref="InvalidModelException">It cannot be: two of its members have one name, or it is an open generic type.</exception>
    internal static JsonTypeInfo ContractOf(Type type)
    {
        try
        {
            return Options.GetTypeInfo(type);
        }
        catch (Exception problem) when (problem is InvalidOperationException or NotSupportedException or ArgumentException)
        {
            throw new InvalidModelException($"{type.FullName} cannot be stored as JSON: {problem.Message}", problem);
        }
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            NumberHandling = JsonNumberHandling.Strict,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            // jsonb returns members in an order of its own, so the discriminator of a polymorphic value is seldom the first.
            AllowOutOfOrderMetadataProperties = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutComputed } },
        };
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.MakeReadOnly();
        return options;
    }

    // What is written can be read: a computed property would only repeat, in every event or snapshot, what follows from the others.
    private static void LeaveOutComputed(JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Object)
        {
            for (var index = type.Properties.Count - 1; index >= 0; index--)
            {
                if (type.Properties[index] is { Set: null, AssociatedParameter: null })
                {
                    type.Properties.RemoveAt(index);
                }
            }
        }
    }
}
