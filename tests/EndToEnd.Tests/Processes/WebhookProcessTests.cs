using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Monolith.Webhooks.Tests.Hosts;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>A host that is killed amid everything tells of all that happened when it is started again.</summary>
public sealed class WebhookProcessTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static bool HasSignals => !OperatingSystem.IsWindows();

    [Fact(SkipUnless = nameof(HasSignals), Skip = "Needs signals.")]
    public async Task After_kill_9_amid_writes_no_webhook_is_missing_and_duplicates_carry_the_same_id()
    {
        using var folder = new HostFolder();
        await using var receiver = new Receiver();
        await receiver.Start();
        string[] settings = [$"--EmbeddedPostgres:DataDirectory={folder.Path}", "--Webhooks:AllowPrivateTargets=true", "--Webhooks:RetryAfter:0=00:00:01", "--Messages:PollingInterval=00:00:01"];
        var created = new List<string>();
        await using (var host = await HostProcess.Start("Development", settings))
        {
            using (var registered = await host.Client.PostAsJsonAsync("/api/webhooks/endpoints", new { url = $"http://127.0.0.1:{receiver.Port}/hooks", events = new[] { "users.*" } }, Ct))
            {
                Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
            }

            var writing = CreateUntilItFails(host.Client, created);
            await receiver.Got("/hooks", 5);
            await host.Kill();
            await writing;
        }

        await using var again = await HostProcess.Start("Development", settings);
        Assert.True(created.Count >= 5);
        await receiver.Until(() => created.All(user => receiver.Requests.Any(request => request.Body.Contains(user, StringComparison.Ordinal))));
        var byEvent = receiver.Requests.GroupBy(request => JsonNode.Parse(request.Body)!["eventId"]!.ToString(), StringComparer.Ordinal);
        Assert.All(byEvent, told => Assert.Single(told.DistinctBy(request => (request.Id, request.Body))));
    }

    private static async Task CreateUntilItFails(HttpClient client, List<string> created)
    {
        try
        {
            while (true)
            {
                var name = "u" + Guid.NewGuid().ToString("N")[..12];
                using var answer = await client.PostAsJsonAsync("/api/users", new { email = $"{name}@example.com", username = name, password = "correct horse battery" }, Ct);
                Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
                created.Add((await answer.Content.ReadFromJsonAsync<JsonNode>(Ct))!["id"]!.ToString());
            }
        }
        catch (HttpRequestException)
        {
            // It was killed.
        }
    }
}
