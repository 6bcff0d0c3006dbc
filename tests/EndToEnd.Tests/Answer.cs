using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Monolith.EndToEnd.Tests;

/// <summary>What came back.</summary>
public sealed class Answer(HttpResponse response, string text)
{
    private readonly Dictionary<string, string> headers = response.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);

    public int Status { get; } = response.StatusCode;

    public string Text { get; } = text;

    public JsonNode Json => JsonNode.Parse(Text)!;

    public string? this[string header] => headers.GetValueOrDefault(header);

    public long Position => long.Parse(this["Monolith-Position"]!, CultureInfo.InvariantCulture);

    public Answer ShouldBe(int status, long? version = null)
    {
        Assert.True(status == Status, $"Expected {status}, but was {Status}: {Text}");
        if (version is not null)
        {
            Assert.Equal($"\"{version}\"", this["ETag"]);
        }

        return this;
    }

    /// <summary>Problem details of this status and code, which show nothing from inside.</summary>
    public JsonNode ShouldBeProblem(int status, string code)
    {
        ShouldBe(status);
        Assert.StartsWith("application/problem+json", this["Content-Type"], StringComparison.Ordinal);
        Assert.Equal(code, Json["code"]?.GetValue<string>());
        Assert.NotEqual("", Json["traceId"]?.GetValue<string>());
        Assert.DoesNotContain("   at ", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Text, StringComparison.Ordinal);
        return Json;
    }
}
