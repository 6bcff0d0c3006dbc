using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Monolith.Webhooks.Domain;

namespace Monolith.Webhooks.Delivering;

/// <summary>Sends one delivery once, by HTTP, and says how that went. What the receiver answers beyond its status is not read.</summary>
public sealed class WebhookSender
{
    /// <summary>The name of the client.</summary>
    internal const string Client = "webhooks";

    private const int LargestBody = 256 * 1024;

    private readonly IHttpClientFactory clients;
    private readonly EndpointSecrets secrets;
    private readonly WebhookOptions options;
    private readonly DeliveryMetrics metrics;
    private readonly TimeProvider time;

    internal WebhookSender(IHttpClientFactory clients, EndpointSecrets secrets, WebhookOptions options, DeliveryMetrics metrics, TimeProvider time) =>
        (this.clients, this.secrets, this.options, this.metrics, this.time) = (clients, secrets, options, metrics, time);

    /// <summary>Sends it, and answers the delivery behind the attempt. A failure is an answer, not an exception.</summary>
    public async Task<Delivery> Send(EndpointState endpoint, Delivery delivery, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(delivery);
        using var span = DeliveryTrace.Start(delivery);
        var (at, started) = (time.GetUtcNow(), time.GetTimestamp());
        var (outcome, status, error) = await Try(endpoint, delivery, at, ct);
        var took = time.GetElapsedTime(started);
        DeliveryTrace.End(span, outcome, status);
        metrics.Attempted(outcome, took);

        DateTimeOffset? next = delivery.Event != Delivery.Ping && delivery.Attempts < options.RetryAfter.Count ? at + options.RetryAfter[delivery.Attempts] : null;
        var after = delivery.After(new(at, error is null, status, error, (long)took.TotalMilliseconds), next);
        if (after.Status == DeliveryStatus.Parked && after.Event != Delivery.Ping)
        {
            metrics.Parked();
        }

        return after;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a receiver does to the connection, it is a failed attempt.")]
    private async Task<(string Outcome, int? Status, string? Error)> Try(EndpointState endpoint, Delivery delivery, DateTimeOffset at, CancellationToken ct)
    {
        if (Encoding.UTF8.GetByteCount(delivery.Body) > LargestBody)
        {
            return (Outcome.Unsendable, null, $"The event is larger than {LargestBody} bytes.");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(options.Timeout);
        try
        {
            using var request = Request(endpoint, delivery, at);
            using var answer = await clients.CreateClient(Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            var status = (int)answer.StatusCode;
            return status switch
            {
                >= 200 and < 300 => (Outcome.Delivered, status, null),
                >= 300 and < 400 => (Outcome.Refused, status, "The receiver redirects, which is not followed."),
                _ => (Outcome.Refused, status, $"The receiver answered {status}."),
            };
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (Outcome.TimedOut, null, $"The receiver did not answer within {options.Timeout.TotalSeconds:0.#} s.");
        }
        catch (Exception problem) when (!ct.IsCancellationRequested)
        {
            var (outcome, words) = Words(problem);
            return (outcome, null, words);
        }
    }

    private HttpRequestMessage Request(EndpointState endpoint, Delivery delivery, DateTimeOffset at)
    {
        var timestamp = Signature.Timestamp(at);
        var signature = Signature.Of(delivery.WebhookId, timestamp, delivery.Body, endpoint.SecretsAt(at).Select(secrets.KeyOf));
        return new(HttpMethod.Post, endpoint.Url)
        {
            Content = new StringContent(delivery.Body, Encoding.UTF8, new MediaTypeHeaderValue("application/json", "utf-8")),
            Headers =
            {
                { Signature.IdHeader, delivery.WebhookId },
                { Signature.TimestampHeader, timestamp },
                { Signature.SignatureHeader, signature },
                { "user-agent", "Monolith-Webhooks/1" },
            },
        };
    }

    // Words of ours: what the system says may name what lies inside.
    private static (string Outcome, string Words) Words(Exception problem)
    {
        for (var cause = problem; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case TargetRefusedException:
                    return (Outcome.Forbidden, cause.Message);
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }:
                    return (Outcome.Unreachable, "The host has no address.");
                case SocketException:
                    return (Outcome.Unreachable, "The receiver could not be connected to.");
                case System.Security.Authentication.AuthenticationException:
                    return (Outcome.Unreachable, "The receiver's certificate is not valid.");
                case CryptographicException:
                    return (Outcome.Unsendable, "The secret cannot be decrypted: its keys are missing.");
                default:
                    continue;
            }
        }

        return (Outcome.Unreachable, "The connection to the receiver broke.");
    }
}
