using System.Collections.Concurrent;

namespace Monolith.Hosting.Tests.Sample;

/// <summary>Tells a test that a handler has run, so that nobody sleeps.</summary>
public sealed class Handled
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> waiting = new();

    public void Tell(Guid id) => Of(id).TrySetResult();

    public bool Has(Guid id) => Of(id).Task.IsCompleted;

    public Task Wait(Guid id, CancellationToken ct) => Of(id).Task.WaitAsync(TimeSpan.FromSeconds(30), ct);

    private TaskCompletionSource Of(Guid id) => waiting.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
