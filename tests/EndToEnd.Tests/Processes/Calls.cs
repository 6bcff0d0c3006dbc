using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>Requests to a host process, which are expected to succeed.</summary>
internal static class Calls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<HttpResponseMessage> Post(this HttpClient client, string path, object? body = null)
    {
        var answer = await client.PostAsJsonAsync(path, body ?? new { }, Ct);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}");
        return answer;
    }

    public static async Task<JsonNode> Json(this HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonNode>(Ct))!;

    public static async Task<JsonNode> Get(this HttpClient client, string path) => (await client.GetFromJsonAsync<JsonNode>(path, Ct))!;

    /// <summary>What a read model shows once it holds the position, however long that takes.</summary>
    public static async Task<JsonNode> Get(this HttpClient client, string path, long position)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Monolith-Position", position.ToString(CultureInfo.InvariantCulture) } } };
            using var answer = await client.SendAsync(request, deadline.Token);
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                return await answer.Json();
            }
        }
    }

    /// <summary>Opens an account in euros and pays in; answers its id.</summary>
    public static async Task<string> OpenAccount(this HttpClient client, decimal balance)
    {
        using var opened = await client.Post("/api/accounts", new { holder = "Ada", currency = "EUR" });
        var path = opened.Headers.Location!.ToString();
        if (balance > 0m)
        {
            using var deposited = await client.Post($"{path}/deposits", new { amount = balance });
        }

        return path[(path.LastIndexOf('/') + 1)..];
    }

    /// <summary>The balance of an account as both read models have it, once they hold the position.</summary>
    public static async Task<decimal> Balance(this HttpClient client, string account, long position)
    {
        var view = await client.Get($"/api/accounts/{account}", position);
        var newest = (await client.Get($"/api/accounts/{account}/statement?pageSize=1", position))["items"]!.AsArray();
        var balance = (decimal)view["balance"]!;
        Assert.Equal(balance, newest.Count == 0 ? 0m : (decimal)newest[0]!["balance"]!);
        return balance;
    }

    /// <summary>Registers an endpoint on this machine; answers its place and its secret.</summary>
    public static async Task<(string Place, string Secret)> RegisterEndpoint(this HttpClient client, int port, params string[] events)
    {
        using var registered = await client.Post("/api/webhooks/endpoints", new { url = $"http://127.0.0.1:{port}/hooks", events });
        return (registered.Headers.Location!.ToString(), (await registered.Json())["secret"]!.ToString());
    }
}
