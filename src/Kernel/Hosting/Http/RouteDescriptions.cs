using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Monolith.Hosting;

/// <summary>What a route says of itself in the API description beyond what its signature says.</summary>
public static class RouteDescriptions
{
    /// <summary>Shows an example of the request's body.</summary>
    /// <param name="route">The route.</param>
    /// <param name="body">The example, an instance of the body's type.</param>
    public static RouteHandlerBuilder WithExample(this RouteHandlerBuilder route, object body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return route.WithMetadata(new RequestExample(body));
    }

    /// <summary>Shows an example of what the route answers when all goes well. Answers of <see cref="EventSourcing.Saved"/> have one.</summary>
    /// <param name="route">The route.</param>
    /// <param name="body">The example, an instance of the type that is answered.</param>
    /// <param name="status">The status of the answer.</param>
    public static RouteHandlerBuilder WithAnswer(this RouteHandlerBuilder route, object body, int status = StatusCodes.Status200OK)
    {
        ArgumentNullException.ThrowIfNull(body);
        return route.WithMetadata(new AnswerExample(status, body));
    }

    /// <summary>Says with which codes the route may answer 404.</summary>
    public static RouteHandlerBuilder Misses(this RouteHandlerBuilder route, params string[] codes) =>
        route.WithMetadata(new MissesWith(codes));

    /// <summary>Says with which codes the route may answer 409 beside <c>concurrency_conflict</c>.</summary>
    public static RouteHandlerBuilder Rejects(this RouteHandlerBuilder route, params string[] codes) =>
        route.WithMetadata(new RejectsWith(codes));
}

internal sealed record RequestExample(object Body);

internal sealed record AnswerExample(int Status, object Body);

internal sealed record MissesWith(IReadOnlyList<string> Codes);

internal sealed record RejectsWith(IReadOnlyList<string> Codes);
