using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>Lets a write that is sent twice with the same <c>Idempotency-Key</c> happen once, and answers both alike.</summary>
internal sealed class IdempotencyMiddleware(RequestDelegate next, IdempotentRequests requests)
{
    public const string Header = "Idempotency-Key";
    private const int LongestKey = 255;

    private static readonly Problem Reused = new(
        StatusCodes.Status422UnprocessableEntity, "idempotency_key_reused", $"The {Header} was sent before with another request. Every request has a key of its own; a repeat is the same to the byte.");

    private static readonly Problem UnderWay = new(
        StatusCodes.Status409Conflict, "request_under_way", "The request is being worked on. Ask again in a moment, with the same key.")
    {
        RetryAfterSeconds = 1,
    };

    /// <summary>Whether a route takes a key: every write of tenants and of operators does.</summary>
    public static bool TakesKey(string? method, IEnumerable<object> metadata) => method is not null && IsWrite(method) && metadata.Any(data => data is NeedsTenant or NeedsOperator);

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint() is not { } route || !TakesKey(http.Request.Method, route.Metadata) || KeyOf(http.Request) is not { } given)
        {
            await next(http);
            return;
        }

        // Operators work for no tenant, and what they ask for is the operation of none.
        var operation = route.Metadata.GetMetadata<NeedsTenant>() is null ? null : OperationContext.Current;
        var owner = operation is null ? KeyOwner.Operator(OperatorAccess.NameOf(http)) : KeyOwner.Tenant(operation.TenantId);
        var key = new RequestKey(owner, given, await Fingerprint(http.Request, operation?.Metadata.UserId ?? owner.Id, http.RequestAborted));
        switch (await requests.Begin(key, http.RequestAborted))
        {
            case { IsOfAnother: true }:
                await Reused.Write(http);
                break;
            case { Answer: { } answer }:
                await answer.Write(http.Response);
                break;
            case { IsUnderWay: true }:
                await UnderWay.Write(http);
                break;
            case var begun:
                await Run(http, key, begun, operation);
                break;
        }
    }

    private static bool IsWrite(string method) => !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);

    private async Task Run(HttpContext http, RequestKey key, Beginning begun, OperationContext? operation)
    {
        var body = http.Response.Body;
        using var kept = new MemoryStream();
        http.Response.Body = kept;
        try
        {
            using (operation is null ? null : Marked(operation, begun).Begin())
            {
                await next(http);
            }
        }
        catch (Exception error) when (Problems.Of(error) is { Status: < StatusCodes.Status500InternalServerError } problem)
        {
            if (!IsFinal(error))
            {
                http.Response.Body = body;
                await requests.Release(key, begun.Request, CancellationToken.None);
                throw;
            }

            kept.SetLength(0);
            await problem.Write(http);
        }
        finally
        {
            http.Response.Body = body;
        }

        // A failure of ours is no answer to keep: whether something was stored is found out by the next one who comes with the key.
        if (http.Response.StatusCode < StatusCodes.Status500InternalServerError)
        {
            await requests.Answer(key, begun.Request, StoredAnswer.Of(http.Response, kept.ToArray()), CancellationToken.None);
        }

        kept.Position = 0;
        await kept.CopyToAsync(body, http.RequestAborted);
    }

    // So that the events of the request name it.
    private static OperationContext Marked(OperationContext operation, Beginning begun)
    {
        var headers = new Dictionary<string, string>(operation.Metadata.Headers ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            [IdempotentRequests.RequestHeader] = begun.Request.ToString("N"),
        };
        return operation with { Metadata = operation.Metadata with { Headers = headers }, Stored = begun.Stored };
    }

    // What the state of things refuses is an answer like any other. What is wrong in form, or lost a race, never happened.
    private static bool IsFinal(Exception error) => error is RejectedException or AggregateNotFoundException or VersionMismatchException or AggregateArchivedException;

    private static string? KeyOf(HttpRequest request)
    {
        var values = request.Headers[Header];
        if (values.Count == 0)
        {
            return null;
        }

        var key = values.ToString();
        return values.Count == 1 && key.Length is > 0 and <= LongestKey && key.All(character => character is > ' ' and <= '~')
            ? key
            : throw new RefusedRequestException($"{Header} must be given once, of at most {LongestKey} visible ASCII characters.");
    }

    // The user belongs to it, so that nobody is shown an answer that was somebody else's.
    private static async Task<byte[]> Fingerprint(HttpRequest request, string? user, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in (string?[])[request.Method, request.Path.Value, request.QueryString.Value, request.Headers.IfMatch.ToString(), request.ContentType, user])
        {
            hash.AppendData(Encoding.UTF8.GetBytes(part ?? ""));
            hash.AppendData([0]);
        }

        request.EnableBuffering(InvalidRequests.MaxBodyBytes, InvalidRequests.MaxBodyBytes);
        var buffer = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(buffer, ct)) > 0;)
        {
            hash.AppendData(buffer.AsSpan(0, read));
        }

        request.Body.Position = 0;
        return hash.GetHashAndReset();
    }
}
