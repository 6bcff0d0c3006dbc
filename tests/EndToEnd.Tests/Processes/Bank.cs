using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>An account, as a client of whichever host sees it: every deposit puts in 1, so what is lost or counted twice shows in the balance.</summary>
public sealed record Bank(string Path)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<Bank> Open(HttpClient client)
    {
        using var opened = await client.PostAsJsonAsync("/api/accounts", new { holder = "Ada", currency = "EUR" }, Ct);
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        return new(opened.Headers.Location!.ToString());
    }

    /// <summary>Puts in 1 and answers the version of the account.</summary>
    public async Task<long> Deposit(HttpClient client)
    {
        using var deposit = await client.PostAsJsonAsync($"{Path}/deposits", new { amount = 1 }, Ct);
        Assert.Equal(HttpStatusCode.OK, deposit.StatusCode);
        return long.Parse(deposit.Headers.ETag!.Tag.Trim('"'), CultureInfo.InvariantCulture);
    }

    /// <summary>The account as the read model shows it, once it holds the version, and the statement, another read model, has as many movements.</summary>
    public async Task<JsonNode> ViewAt(HttpClient client, long version, bool withStatement = false)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        do
        {
            using var answer = await client.GetAsync(new Uri(Path, UriKind.Relative), deadline.Token);
            if (answer.StatusCode == HttpStatusCode.OK
                && await answer.Content.ReadFromJsonAsync<JsonNode>(deadline.Token) is { } view
                && view["version"]!.GetValue<long>() is var shown && shown >= version
                && (!withStatement || await CountMovements(client) == shown - 1))
            {
                return view;
            }
        }
        while (await again.WaitForNextTickAsync(deadline.Token));
        throw new TimeoutException();
    }

    private async Task<long> CountMovements(HttpClient client)
    {
        var count = 0;
        for (var next = $"{Path}/statement?pageSize=100"; next is not null;)
        {
            var page = (await client.GetFromJsonAsync<JsonNode>(next, Ct))!;
            count += page["items"]!.AsArray().Count;
            next = page["next"]?.GetValue<string>();
        }

        return count;
    }
}
