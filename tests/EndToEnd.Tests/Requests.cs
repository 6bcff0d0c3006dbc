using System.Text;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>The requests of these tests, in one line each.</summary>
internal static class Requests
{
    public const string Password = "correct horse battery";

    public static Task<Answer> Get(this RunningHost host, string path, string tenant = "demo", params (string Name, string Value)[] headers) =>
        host.Send(Request(HttpMethod.Get, path, body: null, tenant, headers));

    public static Task<Answer> Post(this RunningHost host, string path, object? body = null, string tenant = "demo", params (string Name, string Value)[] headers) =>
        host.Send(Request(HttpMethod.Post, path, body, tenant, headers));

    public static Task<Answer> Put(this RunningHost host, string path, object body, string tenant = "demo", params (string Name, string Value)[] headers) =>
        host.Send(Request(HttpMethod.Put, path, body, tenant, headers));

    public static Task<Answer> Delete(this RunningHost host, string path, string tenant = "demo", params (string Name, string Value)[] headers) =>
        host.Send(Request(HttpMethod.Delete, path, body: null, tenant, headers));

    /// <summary>A new user with names of their own; answers where the user is.</summary>
    public static async Task<string> NewUser(this RunningHost host, string? name = null, string tenant = "demo")
    {
        name ??= UniqueName();
        var created = await host.Post("/api/users", new { email = $"{name}@example.com", username = name, password = Password }, tenant);
        return (await host.Projected(created.ShouldBe(201, version: 1)))["Location"]!;
    }

    /// <summary>A new account in euros; answers where it is.</summary>
    public static async Task<string> NewAccount(this RunningHost host)
    {
        var opened = await host.Post("/api/accounts", new { holder = "Ada Lovelace", currency = "EUR" });
        return (await host.Projected(opened.ShouldBe(201, version: 1)))["Location"]!;
    }

    public static string UniqueName() => "u" + Guid.NewGuid().ToString("N")[..12];

    public static IEnumerable<string> Names(this JsonNode node, string field) => node.AsArray().Select(item => item![field]!.ToString());

    private static HttpRequestMessage Request(HttpMethod method, string path, object? body, string tenant, (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = Tokens.Bearer(tenant, isOperator: path.StartsWith("/operations", StringComparison.Ordinal));
        foreach (var (name, value) in headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            var json = body as string ?? System.Text.Json.JsonSerializer.Serialize(body);
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        return request;
    }
}
