using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Monolith.EndToEnd.Tests.Commands;
using Monolith.EndToEnd.Tests.Processes;
using Monolith.Testing;

namespace Monolith.EndToEnd.Tests.Telemetry;

/// <summary>What a host in a container writes.</summary>
public sealed class LogTests(PostgresFixture postgres)
{
    private const string Correlation = "X-Correlation-Id";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task In_a_container_each_line_is_an_object_with_its_event_those_of_a_request_say_which_and_none_says_anything_of_persons()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var host = await HostProcess.Start(
            "Development",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["DOTNET_RUNNING_IN_CONTAINER"] = "true" },
            $"--ConnectionStrings:Monolith={database.ConnectionString}",
            "--Logging:LogLevel:Default=Debug",
            "--Logging:LogLevel:Npgsql.Command=Debug");
        var id = $"logged-{Guid.NewGuid():N}";
        host.Client.DefaultRequestHeaders.Add(Correlation, id);

        using var user = await host.Client.PostAsJsonAsync("/api/users", new { email = "ada.lovelace@example.com", username = "countess", password = "analytical engine" }, Ct);
        using var taken = await host.Client.PostAsJsonAsync("/api/users", new { email = "ada.lovelace@example.com", username = "countess2", password = "analytical engine" }, Ct);
        using var account = await host.Client.PostAsJsonAsync("/api/accounts", new { holder = "Augusta Ada King", currency = "EUR" }, Ct);
        using var deposit = await host.Client.PostAsJsonAsync($"{account.Headers.Location}/deposits", new { amount = 4711.42, reference = "of-nobodys-business" }, Ct);
        using var broken = await host.Client.PostAsync(new Uri("/api/users", UriKind.Relative), new StringContent("{\"email\": \"charles.babbage", null, "application/json"), Ct);
        Assert.Equal(
            [HttpStatusCode.Created, HttpStatusCode.Conflict, HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.BadRequest],
            [user.StatusCode, taken.StatusCode, account.StatusCode, deposit.StatusCode, broken.StatusCode]);

        var lines = await Until(host, lines => lines.Any(line => Scopes(line).Contains(id, StringComparison.Ordinal)));
        Assert.All(lines, line =>
        {
            Assert.NotNull(line["EventId"]);
            Assert.NotNull(line["LogLevel"]);
            Assert.NotNull(line["Category"]);
            Assert.NotNull(line["Message"]);
        });
        Assert.All(
            (string[])["lovelace", "countess", "analytical engine", "Augusta", "4711", "nobodys", "babbage"],
            personal => Assert.DoesNotContain(personal, host.Output, StringComparison.OrdinalIgnoreCase));
    }

    private static string Scopes(JsonNode line) => line["Scopes"]?.ToJsonString() ?? "";

    private static async Task<IReadOnlyList<JsonNode>> Until(HostProcess host, Func<IReadOnlyList<JsonNode>, bool> holds)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        do
        {
            List<JsonNode> lines = [.. host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)];
            if (holds(lines))
            {
                return lines;
            }
        }
        while (await again.WaitForNextTickAsync(deadline.Token));
        throw new TimeoutException();
    }

    private static JsonNode Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line)!;
        }
        catch (JsonException broken)
        {
            throw new FormatException($"This line is no object: {line}", broken);
        }
    }
}
