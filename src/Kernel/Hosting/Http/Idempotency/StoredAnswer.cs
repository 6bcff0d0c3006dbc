using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Monolith.Hosting;

/// <summary>The answer to a request that was sent with a key, as it is given again.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">Those of the headers that belong to the answer itself.</param>
/// <param name="Body">The bytes.</param>
internal sealed record StoredAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>Says that an answer is not a new one.</summary>
    public const string Replayed = "Idempotency-Replayed";

    private static readonly string[] Kept = [HeaderNames.ContentType, HeaderNames.ETag, HeaderNames.Location, WriteAnswer.Position];

    public static StoredAnswer Of(HttpResponse response, byte[] body) => new(
        response.StatusCode,
        Kept.Where(response.Headers.ContainsKey).ToDictionary(name => name, name => response.Headers[name].ToString(), StringComparer.Ordinal),
        body);

    public static StoredAnswer Parse(int status, string headers, byte[] body) =>
        new(status, JsonSerializer.Deserialize<Dictionary<string, string>>(headers)!, body);

    public string HeadersAsJson() => JsonSerializer.Serialize(Headers);

    public async Task Write(HttpResponse response)
    {
        response.StatusCode = Status;
        foreach (var (name, value) in Headers)
        {
            response.Headers[name] = value;
        }

        response.Headers[Replayed] = bool.TrueString.ToLower(CultureInfo.InvariantCulture);
        if (Body.Length > 0)
        {
            response.ContentLength = Body.Length;
            await response.Body.WriteAsync(Body, response.HttpContext.RequestAborted);
        }
    }
}
