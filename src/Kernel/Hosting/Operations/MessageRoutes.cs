using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Monolith.Hosting;

/// <summary>Messages between modules for operators, under <c>/operations/messages</c>: each route asks <see cref="MessageOperations"/> and nothing else.</summary>
internal static class MessageRoutes
{
    private const string NotDead = "No message of this id is a dead letter.";

    public static void MapMessageOperations(this WebApplication app)
    {
        var routes = app.MapGroup("/operations/messages/dead").WithTags("operations").WithMetadata(new NeedsOperator());
        routes.MapGet("", (string? messageType, int? page, int? pageSize, MessageOperations operations, CancellationToken ct) =>
            page is null or >= 1 && pageSize is null or (>= 1 and <= MessageOperations.LargestPage)
                ? operations.Dead(messageType, page ?? 1, pageSize ?? 100, ct)
                : throw new RefusedRequestException($"A page is 1 or more, its size 1 to {MessageOperations.LargestPage}."))
            .WithSummary("Lists the messages that could not be delivered, those of a page oldest first")
            .WithAnswer(new DeadLetters(
                [
                    new(
                        Guid.Parse("01a20983-0d1c-7b4e-9a55-2f3e4d5c6b7a"), "users.user_registered", "local://monolith.accounts.integration.ownerfactshandler/", "acme", "order-68",
                        SentAt: new(2026, 1, 2, 9, 30, 0, TimeSpan.Zero), FailedAt: new DateTimeOffset(2026, 1, 2, 10, 6, 11, TimeSpan.Zero), Attempts: 6, Retries: 0,
                        "System.InvalidOperationException: Something went wrong."),
                ],
                Total: 1));
        routes.MapPost("/retry", async (DeadLettersRoute.Body body, MessageOperations operations, CancellationToken ct) =>
            TypedResults.Ok(new DeadLettersRoute.Done(await operations.Retry(messageType: body.MessageType, ct: ct))))
            .WithSummary("Delivers all dead letters again, or those of one type")
            .WithExample(new DeadLettersRoute.Body("users.user_registered"))
            .WithAnswer(new DeadLettersRoute.Done(3));
        routes.MapPost("/{id:guid}/retry", async (Guid id, MessageOperations operations, CancellationToken ct) => Answer(await operations.Retry(id, ct: ct)))
            .WithSummary("Delivers a dead letter again")
            .Produces(StatusCodes.Status204NoContent).Misses("not_found");
        routes.MapDelete("/{id:guid}", async (Guid id, MessageOperations operations, CancellationToken ct) => Answer(await operations.Discard(id, ct: ct)))
            .WithSummary("Removes a dead letter for good")
            .Produces(StatusCodes.Status204NoContent).Misses("not_found");
    }

    private static IResult Answer(int affected) => affected > 0 ? TypedResults.NoContent() : new NotFound(NotDead);

    private sealed class NotFound(string detail) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => Problem.NotFound(detail).Write(httpContext);
    }
}

/// <summary>Which dead letters are delivered again.</summary>
internal static class DeadLettersRoute
{
    /// <param name="MessageType">Those of one type; null for all.</param>
    internal sealed record Body(string? MessageType = null);

    /// <param name="Messages">How many.</param>
    internal sealed record Done(int Messages);
}
