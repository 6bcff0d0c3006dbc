using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Monolith.LoadTest.Reporting;

namespace Monolith.LoadTest.Hosts;

/// <summary>A client of the routes of accounts. What the host refuses counts by its code; while it has asked to be left alone, nothing is sent.</summary>
internal sealed class Bank(HttpClient client) : IDisposable
{
    /// <summary>It was not sent, because the host had said to wait.</summary>
    public const string HeldBack = "held_back";

    private const string Accounts = "/api/accounts";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long quietUntil;

    public static Bank At(Uri url, string token, int connections) => new(new(new SocketsHttpHandler { MaxConnectionsPerServer = connections, UseCookies = false, AllowAutoRedirect = false })
    {
        BaseAddress = url,
        DefaultRequestHeaders = { Authorization = new("Bearer", token) },
    });

    /// <summary>Opens so many accounts with money in them.</summary>
    public async Task<Guid[]> Open(int accounts, CancellationToken ct)
    {
        var ids = new Guid[accounts];
        for (var i = 0; i < accounts; i++)
        {
            using var opened = await Patiently(() => client.PostAsJsonAsync(Accounts, new { holder = "Load test", currency = "EUR" }, ct), ct);
            ids[i] = (await opened.Content.ReadFromJsonAsync<JsonElement>(ct)).GetProperty("id").GetGuid();
            using var deposited = await Patiently(() => client.PostAsJsonAsync($"{Accounts}/{ids[i]}/deposits", new { amount = 1_000_000m, reference = "load test" }, ct), ct);
        }

        return ids;
    }

    public Task<string?> Deposit(Guid account, CancellationToken ct) =>
        Send(() => client.PostAsJsonAsync($"{Accounts}/{account}/deposits", new { amount = 1.25m, reference = "load test" }, ct), ct);

    public Task<string?> Withdraw(Guid account, CancellationToken ct) =>
        Send(() => client.PostAsJsonAsync($"{Accounts}/{account}/withdrawals", new { amount = 1.25m, reference = "load test" }, ct), ct);

    public Task<string?> Show(Guid account, CancellationToken ct) => Send(() => client.GetAsync(new Uri($"{Accounts}/{account}", UriKind.Relative), ct), ct);

    public Task<string?> ShowStatement(Guid account, CancellationToken ct) =>
        Send(() => client.GetAsync(new Uri($"{Accounts}/{account}/statement", UriKind.Relative), ct), ct);

    public void Dispose() => client.Dispose();

    private async Task<string?> Send(Func<Task<HttpResponseMessage>> send, CancellationToken ct)
    {
        if (Environment.TickCount64 < Interlocked.Read(ref quietUntil))
        {
            return HeldBack;
        }

        using var answer = await send();
        if (answer.IsSuccessStatusCode)
        {
            await answer.Content.CopyToAsync(Stream.Null, ct);
            return null;
        }

        if (answer.StatusCode == HttpStatusCode.TooManyRequests)
        {
            Interlocked.Exchange(ref quietUntil, Environment.TickCount64 + (long)After(answer.Headers.RetryAfter).TotalMilliseconds);
        }

        return await Code(answer, ct);
    }

    private static async Task<HttpResponseMessage> Patiently(Func<Task<HttpResponseMessage>> send, CancellationToken ct)
    {
        while (true)
        {
            var answer = await send();
            if (answer.StatusCode != HttpStatusCode.TooManyRequests)
            {
                UnsoundException.Unless(answer.IsSuccessStatusCode, $"The host answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(ct)}");
                return answer;
            }

            await Task.Delay(After(answer.Headers.RetryAfter), ct);
            answer.Dispose();
        }
    }

    private static TimeSpan After(RetryConditionHeaderValue? header) => header?.Delta ?? Pause;

    // The stable code of the problem, or the status where there is none.
    private static async Task<string> Code(HttpResponseMessage answer, CancellationToken ct)
    {
        try
        {
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(ct);
            return problem.TryGetProperty("code", out var code) && code.GetString() is { } text ? text : "status_" + (int)answer.StatusCode;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return "status_" + (int)answer.StatusCode;
        }
    }
}
