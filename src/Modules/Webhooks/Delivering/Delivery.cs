using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Monolith.Contracts;
using Monolith.EventSourcing;
using Monolith.Hosting;

namespace Monolith.Webhooks.Delivering;

/// <summary>One event on its way to one endpoint, and what has become of it: a line of the delivery log. Written by handlers, and by no projection.</summary>
/// <param name="Id">The same for the same event and endpoint, however often it is told: the receiver's key for repeats.</param>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="Event">The name of the event.</param>
/// <param name="OccurredAt">When it happened, to the microsecond.</param>
/// <param name="Position">Where it stands in the feed of its tenant's events: the order in which it happened; 0 for a ping.</param>
/// <param name="Body">What is sent, to the letter.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Round">How often it was replayed.</param>
/// <param name="Attempts">How often it was tried since it was last replayed.</param>
/// <param name="NextAttemptAt">When it is tried again; null when it is not.</param>
/// <param name="Log">The attempts, the newest last; of many the last ones.</param>
public sealed record Delivery(
    Guid Id,
    Guid EndpointId,
    string Event,
    DateTimeOffset OccurredAt,
    long Position,
    string Body,
    DeliveryStatus Status,
    int Round,
    int Attempts,
    DateTimeOffset? NextAttemptAt,
    IReadOnlyList<DeliveryAttempt> Log)
{
    /// <summary>The name of the event that is sent to try an endpoint.</summary>
    public const string Ping = "webhooks.ping";

    private const int KeptAttempts = 20;

    /// <summary>The id that the receiver sees.</summary>
    public string WebhookId => $"msg_{Id:N}";

    // With the name, because a stored event may be told as several.
    internal static Guid IdOf(Guid eventId, string name, Guid endpointId) =>
        new(SHA256.HashData([.. eventId.ToByteArray(), .. endpointId.ToByteArray(), .. Encoding.UTF8.GetBytes(name)]).AsSpan(0, 16));

    internal static Delivery Of(PublishedEvent published, Guid endpointId, bool isHeld) => new(
        IdOf(published.Origin.EventId, published.Name, endpointId),
        endpointId,
        published.Name,
        published.Origin.RecordedAt,
        published.Origin.Position,
        DeliveryBody.Of(published.Name, published.Origin, published.Data),
        isHeld ? DeliveryStatus.Held : DeliveryStatus.Waiting,
        Round: 0,
        Attempts: 0,
        NextAttemptAt: null,
        Log: []);

    internal static Delivery OfPing(Guid id, Guid endpointId, DateTimeOffset at)
    {
        // As exact as the database compares times, so that a page begins where the one before it ended.
        var moment = at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond));
        return new(
            id, endpointId, Ping, moment, Position: 0, DeliveryBody.OfPing(moment), DeliveryStatus.Waiting, Round: 0, Attempts: 0, NextAttemptAt: null, Log: []);
    }

    /// <summary>The delivery behind one more attempt.</summary>
    internal Delivery After(DeliveryAttempt attempt, DateTimeOffset? next) => this with
    {
        Status = attempt.Succeeded ? DeliveryStatus.Delivered : next is null ? DeliveryStatus.Parked : DeliveryStatus.Waiting,
        Attempts = Attempts + 1,
        NextAttemptAt = attempt.Succeeded ? null : next,
        Log = [.. Log.TakeLast(KeptAttempts - 1), attempt],
    };

    /// <summary>The delivery, to be sent from the beginning. What was scheduled for it before is of no account.</summary>
    internal Delivery Again() => this with { Status = DeliveryStatus.Waiting, Round = Round + 1, Attempts = 0, NextAttemptAt = null };

    /// <summary>The delivery, kept until the endpoint is resumed.</summary>
    internal Delivery Hold() => this with { Status = DeliveryStatus.Held, NextAttemptAt = null };
}

/// <summary>How a delivery stands.</summary>
public enum DeliveryStatus
{
    /// <summary>On its way, or to be tried again.</summary>
    Waiting,

    /// <summary>The receiver has it.</summary>
    Delivered,

    /// <summary>Given up; it may be replayed.</summary>
    Parked,

    /// <summary>Kept until the endpoint is resumed.</summary>
    Held,
}

/// <summary>One attempt.</summary>
/// <param name="At">When it began.</param>
/// <param name="Succeeded">Whether the receiver took it.</param>
/// <param name="StatusCode">The status of its answer; null when there was none.</param>
/// <param name="Error">What went wrong, in words; null when nothing did.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record DeliveryAttempt(DateTimeOffset At, bool Succeeded, int? StatusCode, string? Error, long Milliseconds);

/// <summary>What is sent.</summary>
internal static class DeliveryBody
{
    private static readonly JsonElement Nothing = JsonElement.Parse("{}");

    /// <summary>
    /// The event with its name, time and data, as Standard Webhooks wants them, and the aggregate with its version: the order of what is told of one aggregate, whatever the
    /// order in which it arrives.
    /// </summary>
    public static string Of(string name, Origin origin, JsonElement data) => JsonSerializer.Serialize(
        new Told(name, origin.RecordedAt, origin.EventId, new(origin.AggregateType, origin.AggregateId), origin.Version, data), EventJson.Options);

    public static string OfPing(DateTimeOffset at) => JsonSerializer.Serialize(new Tried(Delivery.Ping, at, Nothing), EventJson.Options);

    private sealed record Told(string Type, DateTimeOffset Timestamp, Guid EventId, Subject Subject, long Sequence, JsonElement Data);

    private sealed record Subject(string Type, Guid Id);

    private sealed record Tried(string Type, DateTimeOffset Timestamp, JsonElement Data);
}
