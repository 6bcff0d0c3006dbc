using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Monolith.Webhooks.Tests.Hosts;

/// <summary>Somebody who receives webhooks, on a real port. Takes everything unless a test says otherwise.</summary>
public sealed class Receiver : IAsyncDisposable
{
    /// <summary>Instead of a status: the connection is broken off.</summary>
    public const int HangsUp = -1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication app;
    private readonly ConcurrentQueue<Received> requests = new();
    private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Receiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.Run(Receive);
    }

    public sealed record Received(string Path, string Id, string Timestamp, string Signature, string Body)
    {
        public JsonNode Json => JsonNode.Parse(Body)!;

        /// <summary>The names of all headers.</summary>
        public IReadOnlyCollection<string> Headers { get; init; } = [];
    }

    public int Port => new Uri(app.Urls.First()).Port;

    public IReadOnlyList<Received> Requests => [.. requests];

    /// <summary>The status for a request, and where it leads for a redirect; 0 for no answer at all.</summary>
    public Func<Received, (int Status, string? Location)> Answer { get; set; } = _ => (204, null);

    public Task Start() => app.StartAsync(TestContext.Current.CancellationToken);

    public IReadOnlyList<Received> At(string path) => [.. requests.Where(request => request.Path == path)];

    /// <summary>Waits until so many requests have come to a path.</summary>
    public async Task<IReadOnlyList<Received>> Got(string path, int count)
    {
        await Until(() => At(path).Count >= count);
        return At(path);
    }

    /// <summary>Waits until something holds, which is looked at for every request.</summary>
    public async Task Until(Func<bool> holds)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
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

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private async Task Receive(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var headers = http.Request.Headers;
        var received = new Received(
            http.Request.Path, headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString(), await reader.ReadToEndAsync())
        {
            Headers = [.. headers.Keys],
        };
        requests.Enqueue(received);
        Interlocked.Exchange(ref more, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        var (status, location) = Answer(received);
        if (status == 0)
        {
            await Task.Delay(System.Threading.Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        if (status == HangsUp)
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = status;
        if (location is not null)
        {
            http.Response.Headers.Location = location;
        }
    }
}
