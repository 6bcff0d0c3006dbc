using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace Monolith.Hosting.Tests;

/// <summary>What tests ask of answers, in one line each.</summary>
internal static class Answers
{
    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    public static Task<JsonNode?> Body(this HttpResponseMessage answer) =>
        answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken);

    public static async Task<JsonNode> AssertProblem(this HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == answer.StatusCode, $"{(int)answer.StatusCode} {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!;
        Assert.Equal(code, problem["code"]?.GetValue<string>());
        Assert.Equal((int)status, problem["status"]?.GetValue<int>());
        Assert.NotEqual("", problem["traceId"]?.GetValue<string>());
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Monolith.", text, StringComparison.Ordinal);
        return problem;
    }
}
