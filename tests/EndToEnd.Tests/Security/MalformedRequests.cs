using System.Net.Http.Headers;
using System.Text;

namespace Monolith.EndToEnd.Tests.Security;

/// <summary>Requests of which each is wrong in some way, made from a seed: the same seed and number make the same request.</summary>
internal sealed class MalformedRequests(int seed, string token, string operatorToken)
{
    private const string Nowhere = "5a3c9a3e-7f3c-4b63-a7a5-000000000000";

    private static readonly (string Method, string Path, string Body)[] Writes =
    [
        ("POST", "/api/users", """{"email":"eve@example.com","username":"eve","password":"correct horse battery"}"""),
        ("PUT", $"/api/users/{Nowhere}/email", """{"email":"eve@example.com"}"""),
        ("PUT", $"/api/users/{Nowhere}/password", """{"currentPassword":"correct horse battery","newPassword":"staple correct horse"}"""),
        ("PUT", $"/api/users/{Nowhere}/profile", """{"firstName":"Eve","lastName":"Nobody"}"""),
        ("POST", "/api/accounts", """{"holder":"Eve","currency":"EUR"}"""),
        ("POST", $"/api/accounts/{Nowhere}/deposits", """{"amount":1,"reference":"x"}"""),
        ("POST", $"/api/accounts/{Nowhere}/withdrawals", """{"amount":1,"reference":"x"}"""),
    ];

    private static readonly string[] Reads =
    [
        "/api/users?page={0}", "/api/users?pageSize={0}", "/api/users?email={0}&username={0}", "/api/users/{0}", "/api/users/{0}/history", "/api/accounts/{0}",
        $"/api/users/{Nowhere}?version={{0}}", $"/api/users/{Nowhere}?at={{0}}", $"/api/accounts/{Nowhere}/statement?before={{0}}", $"/api/accounts/{Nowhere}/statement?pageSize={{0}}",
        "/operations/projections/{0}/nothing", "/operations/{0}", "/api/{0}", "/{0}",
    ];

    private static readonly string[] Oddities =
    [
        "0", "-1", "99999999999999999999999", "1e5", "NaN", "null", "undefined", "%00", "%ff%fe", "..%2f..%2fetc%2fpasswd", "%27%20or%201=1--", "%3Cscript%3E", "%F0%9F%92%A9", "a%00b",
        "%E2%80%AE", "%25%25", "{{}}", "$%7Bjndi:x%7D", "1%3B", "%0d%0aX-Injected:%201", "''", "\u00e9", "+", "~", "0x10", "1,2",
    ];

    private static readonly string[] Headers =
        ["If-Match", "Idempotency-Key", "X-Correlation-Id", "Content-Encoding", "Authorization", "Accept"];

    public HttpRequestMessage Make(int number)
    {
        var random = new Random(unchecked((seed * 397) ^ (number * 7919)));
        return random.Next(10) switch
        {
            0 or 1 => WithBody(random, Truncated),
            2 => WithBody(random, Flipped),
            3 => WithBody(random, Foreign),
            4 => WithBody(random, Typed),
            5 => WithBody(random, Bytes),
            6 => WithMedia(random),
            7 => WithHeader(random),
            8 => Unroutable(random),
            _ => Asking(random),
        };
    }

    // A beginning of an object is no object.
    private static byte[] Truncated(Random random, string body) => Encoding.UTF8.GetBytes(body[..random.Next(0, body.Length)]);

    // What stands for a structural character, or outside of text, is not what JSON allows there.
    private static byte[] Flipped(Random random, string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var structural = Enumerable.Range(0, bytes.Length).Where(at => bytes[at] is (byte)'{' or (byte)'}' or (byte)':').ToArray();
        bytes[structural[random.Next(structural.Length)]] = (byte)random.Next(128, 256);
        return bytes;
    }

    private static byte[] Foreign(Random random, string body) => Encoding.UTF8.GetBytes(random.Next(5) switch
    {
        0 => body[..^1] + $",\"x{random.Next()}\":1}}",
        1 => body[..^1] + "," + body[1..],
        2 => body + body,
        3 => body[..^1] + ",}",
        _ => $"[{body}]",
    });

    private static byte[] Typed(Random random, string body)
    {
        var at = body.IndexOf(':', StringComparison.Ordinal) + 1;
        string[] values = ["[]", "{}", "true", "\"a\\u0000b\"", "\"\\ud800\"", "\"" + new string('x', 5000) + "\"", "[[[[[[[[]]]]]]]]", "-0.0000001e999", "{\"$type\":\"System.Object\"}", "\"\""];
        return Encoding.UTF8.GetBytes($"{body[..at]}{values[random.Next(values.Length)]}}}");
    }

    private static byte[] Bytes(Random random, string body)
    {
        var bytes = new byte[random.Next(1, 300)];
        random.NextBytes(bytes);

        // No JSON text begins like this.
        bytes[0] = 0x80;
        return bytes;
    }

    private HttpRequestMessage WithBody(Random random, Func<Random, string, byte[]> spoil)
    {
        var (method, path, body) = Writes[random.Next(Writes.Length)];
        var request = Request(method, path, token);
        request.Content = new ByteArrayContent(spoil(random, body)) { Headers = { ContentType = new("application/json") } };
        return request;
    }

    private HttpRequestMessage WithMedia(Random random)
    {
        var (method, path, body) = Writes[random.Next(Writes.Length)];
        var request = Request(method, path, token);
        string[] types = ["text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded", "application/octet-stream", "image/svg+xml", "text/json-not"];
        request.Content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse(types[random.Next(types.Length)]));
        return request;
    }

    private HttpRequestMessage WithHeader(Random random)
    {
        // Nowhere is not there, so that a header that does no harm is answered with 404.
        var (method, path, body) = Writes.Where(write => write.Path.Contains(Nowhere, StringComparison.Ordinal)).ElementAt(random.Next(5));
        var request = Request(method, path, token);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        var name = Headers[random.Next(Headers.Length)];
        if (name == "Authorization")
        {
            request.Headers.Authorization = null;
        }

        // With a key that is one, the refusal would be kept as an answer.
        var value = (name == "Idempotency-Key" ? "no key " : "") + Oddities[random.Next(Oddities.Length)] + new string((char)random.Next(33, 126), random.Next(1, 400));
        (name == "Content-Encoding" ? request.Content.Headers : (HttpHeaders)request.Headers).TryAddWithoutValidation(name, value.Replace("\u00e9", "e", StringComparison.Ordinal));
        return request;
    }

    private HttpRequestMessage Unroutable(Random random)
    {
        string[] methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "FOO"];
        var path = $"/{random.NextInt64():x}/{Oddities[random.Next(Oddities.Length)]}";
        return Request(methods[random.Next(methods.Length)], path, random.Next(2) == 0 ? token : operatorToken);
    }

    private HttpRequestMessage Asking(Random random)
    {
        var odd = Oddities[random.Next(Oddities.Length)] + (random.Next(2) == 0 ? "" : $"x{random.Next()}");
        var path = string.Format(null, Reads[random.Next(Reads.Length)], Uri.EscapeDataString(odd) is var escaped && random.Next(2) == 0 ? escaped : odd);
        return Request("GET", path.Contains("page", StringComparison.Ordinal) ? path.Replace("=1", "=x1", StringComparison.Ordinal) : path, path.StartsWith("/operations", StringComparison.Ordinal) ? operatorToken : token);
    }

    private static HttpRequestMessage Request(string method, string path, string token) =>
        new(new(method), new Uri(path, UriKind.Relative)) { Headers = { Authorization = new("Bearer", token) } };
}
