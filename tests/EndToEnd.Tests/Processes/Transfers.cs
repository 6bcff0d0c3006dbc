using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>Clients that ask for transfers of whichever host lives. A request that got no answer is repeated.</summary>
internal sealed class Transfers(IReadOnlyList<string> accounts, int count, Random random)
{
    private readonly Lock gate = new();
    private int taken;
    private int answered;

    /// <summary>How many requests were answered.</summary>
    public int Answered => Volatile.Read(ref answered);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Asks for one after the other, until all were asked for.</summary>
    public async Task Ask(Func<Task<HostProcess>> host)
    {
        while (Next() is { } body)
        {
            while (!await IsAnswered(await host(), body))
            {
            }

            Interlocked.Increment(ref answered);
        }
    }

    /// <summary>How many transfers ended how, once all have.</summary>
    public static async Task<Dictionary<string, int>> Ended(HttpClient client, TimeSpan patience)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        foreach (var status in new[] { "requested", "debited", "credited", "returning" })
        {
            while ((await Page(client, $"/api/accounts/transfers?pageSize=1&status={status}"))["items"]!.AsArray().Count > 0)
            {
                await again.WaitForNextTickAsync(deadline.Token);
            }
        }

        var ends = new Dictionary<string, int>();
        for (var next = "/api/accounts/transfers?pageSize=100"; next is not null;)
        {
            var page = await Page(client, next);
            foreach (var status in page["items"]!.Names("status"))
            {
                ends[status] = ends.GetValueOrDefault(status) + 1;
            }

            next = page["next"]?.GetValue<string>();
        }

        return ends;
    }

    private static async Task<JsonNode> Page(HttpClient client, string path) => (await client.GetFromJsonAsync<JsonNode>(path, Ct))!;

    private object? Next()
    {
        lock (gate)
        {
            if (taken++ >= count)
            {
                return null;
            }

            var from = random.Next(accounts.Count);
            var to = (from + random.Next(1, accounts.Count)) % accounts.Count;
            return new { id = Guid.CreateVersion7(), from = accounts[from], to = accounts[to], amount = random.Next(1, 20_000) / 100m, reference = $"{taken}" };
        }
    }

    private static async Task<bool> IsAnswered(HostProcess host, object body)
    {
        try
        {
            using var answer = await host.Client.PostAsJsonAsync("/api/accounts/transfers", body, Ct);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return false;
            }

            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
