using System.Collections.Concurrent;
using System.Diagnostics;
using Monolith.Contracts;
using Wolverine;

namespace Monolith.Hosting.Tests.Sample;

/// <summary>What consumers have heard, and a signal for whoever waits for more.</summary>
public sealed class Heard
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<Message> all = new();
    private readonly ConcurrentDictionary<Guid, Guid> copied = new();
    private readonly ConcurrentDictionary<Guid, int> echoed = new();
    private readonly ConcurrentDictionary<string, int> stumbling = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> holding = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> held = new(StringComparer.Ordinal);
    private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public sealed record Message(IIntegrationEvent Event, Guid EnvelopeId, string? CorrelationId, string? TenantId, string? TraceId);

    public IReadOnlyList<Message> Of(Guid noteId) => [.. all.Where(message => message.Event.Origin.AggregateId == noteId)];

    public Guid CopiedBy(Guid eventId) => copied[eventId];

    public bool HasCopied(Guid eventId) => copied.ContainsKey(eventId);

    public int Echoes(Guid eventId) => echoed.GetValueOrDefault(eventId);

    public int Stumbles(string title) => stumbling.GetValueOrDefault(title);

    public void StumbleOver(string title) => stumbling[title] = 0;

    public void Mend(string title) => stumbling.TryRemove(title, out _);

    public void Hold(string title) => holding[title] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsHeld(string title) => held.ContainsKey(title);

    public void LetGo(string title) => holding[title].SetResult();

    public async Task Held(string title, CancellationToken ct)
    {
        held[title] = true;
        Tell();
        await holding[title].Task.WaitAsync(Patience, ct);
    }

    public bool StumblesOver(string title)
    {
        if (!stumbling.ContainsKey(title))
        {
            return false;
        }

        stumbling.AddOrUpdate(title, 1, (_, count) => count + 1);
        Tell();
        return true;
    }

    public void Add(IIntegrationEvent heard, Envelope envelope)
    {
        all.Enqueue(new(heard, envelope.Id, envelope.CorrelationId, envelope.TenantId, Activity.Current?.TraceId.ToHexString()));
        Tell();
    }

    public void Copied(IIntegrationEvent heard, Envelope envelope)
    {
        copied[heard.Origin.EventId] = envelope.Id;
        Tell();
    }

    public void Echoed(Guid eventId)
    {
        echoed.AddOrUpdate(eventId, 1, (_, count) => count + 1);
        Tell();
    }

    /// <summary>Waits until something holds, which is looked at whenever something was heard.</summary>
    public async Task Until(Func<bool> holds, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(Patience);
        while (true)
        {
            var next = Volatile.Read(ref more).Task;
            if (holds())
            {
                return;
            }

            await next.WaitAsync(deadline.Token);
        }
    }

    private void Tell() => Interlocked.Exchange(ref more, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
