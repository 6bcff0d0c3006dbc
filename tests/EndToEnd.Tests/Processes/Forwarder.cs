using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>
/// A proxy such as stands before hosts: it asks each all the time whether it is ready, and sends requests to those that are, in turn. A host that does not answer
/// is the client's to know of: 502.
/// </summary>
internal sealed class Forwarder : IAsyncDisposable
{
    private static readonly string[] Headers = ["Authorization", "X-Tenant-Id", "If-Match"];

    private readonly WebApplication app;
    private readonly HttpClient client = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly List<(Uri Host, bool IsReady)> hosts = [];
    private readonly Task looking;
    private int turn;

    private Forwarder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(Forward);
        looking = Look(stopping.Token);
    }

    public Uri Address => new(app.Urls.First());

    public static async Task<Forwarder> Start()
    {
        var forwarder = new Forwarder();
        await forwarder.app.StartAsync(TestContext.Current.CancellationToken);
        return forwarder;
    }

    /// <summary>Sends requests to the host too, once it is ready.</summary>
    public void Add(Uri host)
    {
        lock (hosts)
        {
            hosts.Add((host, false));
        }
    }

    /// <summary>Whether the host gets requests.</summary>
    public bool IsReady(Uri host) => Snapshot().Any(known => known.Host == host && known.IsReady);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await looking;
        await app.DisposeAsync();
        client.Dispose();
        stopping.Dispose();
    }

    private async Task Forward(HttpContext http)
    {
        var ready = Snapshot().Where(host => host.IsReady).ToList();
        if (ready.Count == 0)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        var host = ready[(int)((uint)Interlocked.Increment(ref turn) % (uint)ready.Count)].Host;
        using var request = new HttpRequestMessage(new(http.Request.Method), new Uri(host, http.Request.Path + http.Request.QueryString));
        foreach (var header in Headers.Where(http.Request.Headers.ContainsKey))
        {
            request.Headers.TryAddWithoutValidation(header, http.Request.Headers[header].ToString());
        }

        if (!HttpMethods.IsGet(http.Request.Method))
        {
            request.Content = new StreamContent(http.Request.Body) { Headers = { { "Content-Type", http.Request.ContentType } } };
        }

        try
        {
            using var answer = await client.SendAsync(request, http.RequestAborted);
            http.Response.StatusCode = (int)answer.StatusCode;
            http.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            http.Response.Headers.ETag = answer.Headers.ETag?.Tag;
            http.Response.Headers.Location = answer.Headers.Location?.ToString();
            await answer.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
        }
        catch (HttpRequestException) when (!http.Response.HasStarted)
        {
            http.Response.StatusCode = StatusCodes.Status502BadGateway;
        }
    }

    private async Task Look(CancellationToken ct)
    {
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            while (await again.WaitForNextTickAsync(ct))
            {
                foreach (var (host, _) in Snapshot())
                {
                    var isReady = await Asks(host, ct);
                    lock (hosts)
                    {
                        hosts[hosts.FindIndex(known => known.Host == host)] = (host, isReady);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> Asks(Uri host, CancellationToken ct)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri(host, "/health/ready"), ct);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private List<(Uri Host, bool IsReady)> Snapshot()
    {
        lock (hosts)
        {
            return [.. hosts];
        }
    }
}
