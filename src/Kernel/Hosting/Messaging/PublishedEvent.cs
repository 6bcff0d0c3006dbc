using System.Text.Json;
using Monolith.Contracts;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>
/// Any integration event of any module, for a consumer that passes on what others say without knowing them: it is handed over beside the event itself, to handlers of
/// this type.
/// </summary>
/// <param name="Name">The name of the integration event, <c>users.user_registered</c>.</param>
/// <param name="Origin">The stored event that it was made of.</param>
/// <param name="Data">The integration event as JSON, without its origin.</param>
public sealed record PublishedEvent(string Name, Origin Origin, JsonElement Data) : IIntegrationEvent
{
    /// <summary>The form of an integration event for whoever does not know its type.</summary>
    public static PublishedEvent Of(IIntegrationEvent message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var data = JsonSerializer.SerializeToNode(message, message.GetType(), EventJson.Options)!.AsObject();
        data.Remove("origin");
        return new(
            IntegrationEventTypes.NameOf(message.GetType()) ?? throw new ArgumentException($"{message.GetType().FullName} has no name.", nameof(message)),
            message.Origin,
            JsonSerializer.SerializeToElement(data));
    }
}
