using Wolverine.Persistence.Durability;
using Wolverine.Persistence.Durability.DeadLetterManagement;

namespace Monolith.Hosting;

/// <summary>What operators do to messages that could not be delivered. Works beside running hosts: one of them takes up what is retried.</summary>
public sealed class MessageOperations(IMessageStore store)
{
    /// <summary>How many dead letters a page may have.</summary>
    public const int LargestPage = 500;

    /// <summary>Lists dead letters, those of a page oldest first.</summary>
    /// <param name="messageType">Those of one type, by name; null for all.</param>
    /// <param name="page">From 1.</param>
    /// <param name="pageSize">Up to <see cref="LargestPage"/>.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such page.</exception>
    public async Task<DeadLetters> Dead(string? messageType = null, int page = 1, int pageSize = 100, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(page, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageSize, LargestPage);
        var found = await store.DeadLetters.QueryAsync(new() { MessageType = messageType, PageNumber = page, PageSize = pageSize, Replayable = false }, ct);
        return new([.. found.Envelopes.Select(DeadLetter.Of).OrderBy(dead => dead.FailedAt ?? dead.SentAt)], found.TotalCount);
    }

    /// <summary>Delivers one dead letter again, or all of a type, or all. A host does it within its polling interval.</summary>
    /// <returns>How many.</returns>
    public async Task<int> Retry(Guid? id = null, string? messageType = null, CancellationToken ct = default)
    {
        var result = await store.DeadLetters.ReplayMatchingAsync(Query(id, messageType), ct);
        return result.Affected ?? 0;
    }

    /// <summary>Removes one dead letter for good, or all of a type, or all.</summary>
    /// <returns>How many.</returns>
    public async Task<int> Discard(Guid? id = null, string? messageType = null, CancellationToken ct = default)
    {
        var result = await store.DeadLetters.DiscardMatchingAsync(Query(id, messageType), ct);
        return result.Affected ?? 0;
    }

    private static DeadLetterEnvelopeQuery Query(Guid? id, string? messageType) =>
        new() { MessageIds = id is { } one ? [one] : [], MessageType = messageType, Replayable = false };
}

/// <summary>A page of dead letters.</summary>
/// <param name="Items">The page.</param>
/// <param name="Total">How many there are on all pages.</param>
public sealed record DeadLetters(IReadOnlyList<DeadLetter> Items, int Total);

/// <summary>A message that could not be delivered.</summary>
/// <param name="Id">Its id.</param>
/// <param name="MessageType">The name of its type.</param>
/// <param name="Queue">The consumer's queue.</param>
/// <param name="TenantId">The tenant that it belongs to.</param>
/// <param name="CorrelationId">The request that led to it.</param>
/// <param name="SentAt">When it was handed over.</param>
/// <param name="FailedAt">When it was given up.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Retries">How often operators had it delivered again.</param>
/// <param name="Error">What went wrong at last, in a line.</param>
public sealed record DeadLetter(
    Guid Id,
    string MessageType,
    string Queue,
    string? TenantId,
    string? CorrelationId,
    DateTimeOffset SentAt,
    DateTimeOffset? FailedAt,
    int Attempts,
    int Retries,
    string Error)
{
    internal static DeadLetter Of(DeadLetterEnvelope dead) => new(
        dead.Id,
        dead.MessageType,
        dead.ReceivedAt,
        dead.Envelope.TenantId,
        dead.Envelope.CorrelationId,
        dead.SentAt,
        dead.FailedAt,
        dead.Envelope.Attempts,
        dead.ReplayCount,
        $"{dead.ExceptionType}: {dead.ExceptionMessage.Split('\n', 2)[0].TrimEnd()}");
}
