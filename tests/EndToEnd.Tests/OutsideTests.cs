using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Monolith.EndToEnd.Tests;

[Collection(RunningHostCollection.Name)]
public sealed class OutsideTests(RunningHost host)
{
    private static readonly string[] Routes =
    [
        "POST /api/users", "GET /api/users", "GET /api/users/{id}", "GET /api/users/{id}/history", "PUT /api/users/{id}/email",
        "PUT /api/users/{id}/password", "PUT /api/users/{id}/profile", "POST /api/users/{id}/activate", "POST /api/users/{id}/deactivate",
        "DELETE /api/users/{id}", "POST /api/accounts", "GET /api/accounts/{id}", "GET /api/accounts/{id}/statement",
        "POST /api/accounts/{id}/deposits", "POST /api/accounts/{id}/withdrawals", "DELETE /api/accounts/{id}",
        "PUT /api/accounts/{id}/overdraft", "POST /api/accounts/{id}/freeze", "POST /api/accounts/{id}/unfreeze", "POST /api/accounts/transfers",
        "GET /api/accounts/transfers", "GET /api/accounts/transfers/{id}", "GET /api/accounts/totals",
        "POST /api/webhooks/endpoints", "GET /api/webhooks/endpoints", "GET /api/webhooks/endpoints/{id}", "DELETE /api/webhooks/endpoints/{id}",
        "POST /api/webhooks/endpoints/{id}/pause", "POST /api/webhooks/endpoints/{id}/resume", "POST /api/webhooks/endpoints/{id}/secret", "POST /api/webhooks/endpoints/{id}/ping",
        "GET /api/webhooks/endpoints/{id}/deliveries", "POST /api/webhooks/endpoints/{id}/deliveries/{delivery}/replay", "POST /api/webhooks/endpoints/{id}/replays",
    ];

    private static readonly string[] OperatorRoutes =
    [
        "GET /operations/projections", "GET /operations/projections/lag", "GET /operations/projections/rebuilds", "GET /operations/projections/parked",
        "POST /operations/projections/rebuild", "POST /operations/projections/{projection}/rebuild", "DELETE /operations/projections/{projection}/rebuild",
        "POST /operations/projections/{projection}/rebuild/pause", "POST /operations/projections/{projection}/rebuild/resume",
        "POST /operations/projections/{projection}/pause", "POST /operations/projections/{projection}/resume",
        "POST /operations/projections/{projection}/parked/retry", "POST /operations/projections/{projection}/parked/{position}/retry",
        "POST /operations/projections/{projection}/parked/{position}/skip", "POST /operations/projections/{projection}/verify",
        "GET /operations/messages/dead", "POST /operations/messages/dead/retry", "POST /operations/messages/dead/{id}/retry", "DELETE /operations/messages/dead/{id}",
    ];

    private static readonly string[] Instruments =
    [
        "monolith_eventstore_append_duration_seconds_count", "monolith_eventstore_load_duration_seconds_count", "monolith_eventstore_events_appended",
        "monolith_eventstore_conflicts", "monolith_eventstore_snapshots_written", "monolith_projection_lag", "http_server_request_duration_seconds_count",
        "db_client_connection_count", "wolverine_execution_time", "dotnet_gc_collections",
    ];

    [Fact]
    public async Task The_API_description_has_every_route_with_a_summary_what_it_asks_of_a_token_and_an_example()
    {
        var paths = (await host.Get("/openapi/v1.json")).ShouldBe(200).Json["paths"]!.AsObject();
        var operations = paths
            .SelectMany(path => path.Value!.AsObject().Select(operation => (Route: $"{operation.Key.ToUpperInvariant()} {path.Key}", Operation: operation.Value!)))
            .ToDictionary(pair => pair.Route, pair => pair.Operation, StringComparer.Ordinal);

        Assert.Equal(Routes.Concat(OperatorRoutes).Order(StringComparer.Ordinal), operations.Keys.Order(StringComparer.Ordinal));
        Assert.All(operations, pair =>
        {
            Assert.NotNull(pair.Value["summary"]);
            Assert.All(Bodies(pair.Value), body => Assert.NotNull(body["example"]));
        });
        Assert.All(operations.Values, operation => Assert.All((string[])["401", "403"], status => Assert.NotNull(operation["responses"]![status])));
        Assert.All(Routes, route => Assert.Equal($"{route.Split('/')[2]}:{(route.StartsWith("GET", StringComparison.Ordinal) ? "read" : "write")}", Needed(operations[route])));
        Assert.All(OperatorRoutes, route => Assert.Equal("operator", Needed(operations[route])));
    }

    [Fact]
    public async Task Every_answer_has_an_example_and_where_all_goes_well_it_is_one_of_the_type_that_is_answered()
    {
        var description = (await host.Get("/openapi/v1.json")).ShouldBe(200).Json;
        var json = host.Services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var shown = 0;
        foreach (var route in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(IsDescribed))
        {
            var method = route.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Single();
            var answers = description["paths"]![AddressOf(route)]![method.ToLowerInvariant()]!["responses"]!;
            foreach (var (status, type) in Successes(route))
            {
                var example = answers[$"{status}"]!["content"]!["application/json"]!["example"];
                Assert.True(example is not null, $"{method} {AddressOf(route)} has no example of its answer {status}: WithAnswer.");
                Assert.True(JsonNode.DeepEquals(example, JsonSerializer.SerializeToNode(example.Deserialize(type, json), type, json)), $"{method} {AddressOf(route)} {status}: {example}");
                shown++;
            }

            foreach (var (status, answer) in answers.AsObject().Where(answer => answer.Key[0] >= '4'))
            {
                var problem = Described(description, answer!)["content"]!["application/problem+json"]!["example"]!;
                Assert.Equal(status, problem["status"]!.ToString());
                Assert.Contains($"`{problem["code"]}`", Described(description, answer!)["description"]!.ToString(), StringComparison.Ordinal);
            }
        }

        Assert.InRange(shown, 30, int.MaxValue);
    }

    // What callers build on: a change of it is a diff. To take one over, run this test with MONOLITH_APPROVE=1.
    [Fact]
    public async Task The_API_description_is_the_approved_one()
    {
        var now = (await host.Get("/openapi/v1.json")).ShouldBe(200).Json;
        var text = now.ToJsonString(Indented).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("MONOLITH_APPROVE") is not null)
        {
            await File.WriteAllTextAsync(ApprovedDescription(), text, TestContext.Current.CancellationToken);
        }

        var approved = await File.ReadAllTextAsync(ApprovedDescription(), TestContext.Current.CancellationToken);
        Assert.True(text == approved, $"{Path.GetFileName(ApprovedDescription())} differs from what the host describes. Run the test with MONOLITH_APPROVE=1 and review the diff. First difference: {FirstDifference(approved, text)}");
    }

    [Fact]
    public async Task The_API_page_is_served() => Assert.Contains("Monolith", (await host.Get("/scalar/")).ShouldBe(200).Text, StringComparison.Ordinal);

    [Fact]
    public async Task The_metrics_show_the_kernel_the_framework_the_driver_and_the_messages()
    {
        var user = await host.NewUser();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => host.Put($"{user}/profile", new { firstName = $"Name {i}" })));
        for (var i = 0; i < 100; i++)
        {
            await host.Put($"{user}/profile", new { firstName = $"Another name {i}" });
        }

        var metrics = (await host.Get("/metrics")).ShouldBe(200).Text;
        Assert.All(Instruments, instrument => Assert.Contains(instrument, metrics, StringComparison.Ordinal));
        Assert.DoesNotContain("Password=", metrics, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_host_is_alive_and_ready()
    {
        (await host.Get("/health/live")).ShouldBe(200);
        (await host.Get("/health/ready")).ShouldBe(200);
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string ApprovedDescription([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "openapi.approved.json");

    private static string FirstDifference(string approved, string now) => approved.Split('\n').Zip(now.Split('\n'))
        .Where(lines => lines.First != lines.Second)
        .Select(lines => $"'{lines.First.Trim()}' is '{lines.Second.Trim()}' now")
        .FirstOrDefault("one is longer");

    private static string Needed(JsonNode operation) => Assert.Single(operation["security"]!.AsArray())!["bearer"]!.AsArray().Single()!.ToString();

    private static bool IsDescribed(RouteEndpoint route) =>
        route.RoutePattern.RawText is { } path && (path.StartsWith("/api/", StringComparison.Ordinal) || path.StartsWith("/operations/", StringComparison.Ordinal));

    // As the description has it: without the types of parameters, and without a slash at the end.
    private static string AddressOf(RouteEndpoint route) => Regex.Replace(route.RoutePattern.RawText!, ":[a-z]+", "", RegexOptions.None, TimeSpan.FromSeconds(1)).TrimEnd('/');

    private static IEnumerable<(int Status, Type Type)> Successes(RouteEndpoint route) => route.Metadata.OfType<IProducesResponseTypeMetadata>()
        .Where(answer => answer.StatusCode < 300 && answer.Type is { } type && type != typeof(void))
        .Select(answer => (answer.StatusCode, answer.Type!))
        .DistinctBy(answer => answer.StatusCode);

    private static JsonNode Described(JsonNode description, JsonNode answer) =>
        answer["$ref"] is { } reference ? description["components"]!["responses"]![reference.ToString().Split('/')[^1]]! : answer;

    private static IEnumerable<JsonNode> Bodies(JsonNode operation) =>
        operation["requestBody"]?["content"]?.AsObject().Select(content => content.Value!) ?? [];
}
