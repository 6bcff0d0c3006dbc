using System.Text.Json;
using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>Checks what is searched for before the server sees it.</summary>
internal static class JsonFragment
{
    /// <exception cref="InvalidSearchException">It is no JSON object, or holds no value: every event would contain it, and the index knows only values.</exception>
    public static void Check(string fragment)
    {
        try
        {
            using var document = JsonDocument.Parse(fragment);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidSearchException("the data of an event is a JSON object, this is something else.");
            }

            if (!HoldsValue(document.RootElement))
            {
                throw new InvalidSearchException("it holds no value to look for.");
            }
        }
        catch (JsonException problem)
        {
            throw new InvalidSearchException(problem.Message, problem);
        }
    }

    private static bool HoldsValue(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Any(property => HoldsValue(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().Any(HoldsValue),
        _ => true,
    };
}
