using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests.Security;

/// <summary>Requests that must change nothing and show nothing, against a host in Production.</summary>
[Collection(ProductionHostCollection.Name)]
public sealed class RequestAttackTests(ProductionHost host)
{
    private const string Seed = "MONOLITH_SEED";
    private const string Count = "MONOLITH_MALFORMED_REQUESTS";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_belongs_to_another_tenant_is_not_there_whatever_the_headers_say()
    {
        var (owner, stranger) = (host.Authority.Sign(host.Authority.Claims("demo")), host.Authority.Sign(host.Authority.Claims("acme")));
        var user = await Create("/api/users", """{"email":"owner@example.com","username":"owner","password":"correct horse battery"}""", owner);
        var account = await Create("/api/accounts", """{"holder":"Ada","currency":"EUR"}""", owner);
        var before = await host.CountStored();

        (string Name, string Value)[] injected = [("X-Tenant-Id", "demo"), ("X-User-Id", "ada"), ("Tenant", "demo"), ("X-Forwarded-User", "ada")];
        foreach (var (method, path, body) in ((HttpMethod, string, string?)[])
            [
                (HttpMethod.Get, user, null), (HttpMethod.Get, $"{user}?version=1", null), (HttpMethod.Get, $"{user}/history", null), (HttpMethod.Get, $"{user}?tenant=demo", null),
                (HttpMethod.Put, $"{user}/email", """{"email":"mallory@example.com"}"""), (HttpMethod.Put, $"{user}/profile", """{"firstName":"Mallory"}"""),
                (HttpMethod.Post, $"{user}/deactivate", null), (HttpMethod.Delete, user, null), (HttpMethod.Get, account, null), (HttpMethod.Get, $"{account}/statement", null),
                (HttpMethod.Post, $"{account}/deposits", """{"amount":1}"""), (HttpMethod.Post, $"{account}/withdrawals", """{"amount":1}"""), (HttpMethod.Delete, account, null),
            ])
        {
            var (answer, text) = await host.Send(method, path, stranger, Json(body), injected);
            Assert.True((int)answer.StatusCode == 404, $"{method} {path}: {(int)answer.StatusCode} {text}");
            Assert.Equal("not_found", Code(text));
        }

        var (found, list) = await host.Send(HttpMethod.Get, "/api/users?search=owner", stranger, headers: injected);
        Assert.Equal((HttpStatusCode.OK, 0), (found.StatusCode, JsonNode.Parse(list)!["total"]!.GetValue<int>()));
        Assert.Equal(before, await host.CountStored());
    }

    [Theory]
    [InlineData("announced", 413, "too_large")]
    [InlineData("chunked", 413, "too_large")]
    [InlineData("deep", 400, "invalid")]
    [InlineData("deep objects", 400, "invalid")]
    [InlineData("many members", 400, "invalid")]
    [InlineData("long text", 400, "invalid")]
    [InlineData("long number", 400, "invalid")]
    [InlineData("long address", 414, null)]
    [InlineData("long header", 431, null)]
    [InlineData("many headers", 431, null)]
    public async Task What_is_too_big_or_too_deep_is_refused(string what, int status, string? code)
    {
        var before = await host.CountStored();
        var token = host.Authority.Sign(host.Authority.Claims());
        var big = $$"""{"holder":"{{new string('x', 1024 * 1024)}}","currency":"EUR"}""";
        HttpContent Chunked() => new StreamContent(new NeverEnding((1024 * 1024) + 1000)) { Headers = { { "Content-Type", "application/json" } } };
        var (answer, text) = what switch
        {
            // The answer comes before the body is sent, as it may: whoever sends it all the same may find the connection closed, and no answer.
            "announced" => await host.Send(HttpMethod.Post, "/api/accounts", token, Json(big), ("Expect", "100-continue")),
            "chunked" => await host.Send(HttpMethod.Post, "/api/accounts", token, Chunked(), ("Transfer-Encoding", "chunked")),
            "deep" => await Post(new string('[', 100_000)),
            "deep objects" => await Post(string.Concat(Enumerable.Repeat("""{"holder":""", 50_000))),
            "many members" => await Post($$"""{{{string.Join(',', Enumerable.Range(0, 50_000).Select(number => $"\"m{number}\":1"))}}}"""),
            "long text" => await Post($$"""{"holder":"{{new string('x', 100_000)}}","currency":"EUR"}"""),
            "long number" => await Post($$"""{"holder":{{new string('9', 100_000)}},"currency":"EUR"}"""),
            "long address" => await host.Send(HttpMethod.Get, $"/api/users?search={new string('x', 20_000)}", token),
            "long header" => await host.Send(HttpMethod.Get, "/api/users", token, headers: ("X-Correlation-Id", new string('x', 40_000))),
            _ => await host.Send(HttpMethod.Get, "/api/users", token, headers: [.. Enumerable.Range(0, 200).Select(number => ($"X-Header-{number}", "x"))]),
        };

        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode} {text}");
        Assert.Equal(code, text.Length == 0 ? null : Code(text));
        Assert.Equal(before, await host.CountStored());

        Task<(HttpResponseMessage, string)> Post(string body) => host.Send(HttpMethod.Post, "/api/accounts", token, Json(body));
    }

    [Fact]
    public async Task Ten_thousand_malformed_requests_are_each_answered_and_store_nothing()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable(Seed), out var given) ? given : Random.Shared.Next();
        var count = int.TryParse(Environment.GetEnvironmentVariable(Count), out var asked) ? asked : 10_000;
        TestContext.Current.TestOutputHelper?.WriteLine($"{Seed}={seed}");
        var before = await host.CountStored();
        var requests = new MalformedRequests(seed, host.Authority.Sign(host.Authority.Claims()), host.Authority.Sign(host.Authority.Claims(roles: "operator")));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);

        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = deadline.Token }, async (number, ct) =>
        {
            using var request = requests.Make(number);
            var what = $"{Seed}={seed}, request {number}: {request.Method} {request.RequestUri}";
            using var answer = await host.Client.SendAsync(request, ct);
            var text = await answer.Content.ReadAsStringAsync(ct);

            Assert.True((int)answer.StatusCode is >= 400 and < 500, $"{what}: {(int)answer.StatusCode} {text}");
            if (request.Method != HttpMethod.Head && answer.StatusCode is not (HttpStatusCode.RequestUriTooLong or HttpStatusCode.RequestHeaderFieldsTooLarge) && text.Length > 0)
            {
                Assert.True(answer.Content.Headers.ContentType?.MediaType == "application/problem+json", $"{what}: {text}");
                Assert.True(JsonNode.Parse(text)!["code"]?.ToString() is { Length: > 0 } && !text.Contains("   at ", StringComparison.Ordinal), $"{what}: {text}");
            }
        });

        Assert.Equal(before, await host.CountStored());
        var (alive, _) = await host.Send(HttpMethod.Get, "/health/ready", token: null);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        Assert.DoesNotContain("fail:", host.Process.Output, StringComparison.Ordinal);
    }

    private async Task<string> Create(string path, string body, string token)
    {
        var (answer, text) = await host.Send(HttpMethod.Post, path, token, Json(body));
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        return answer.Headers.Location!.ToString();
    }

    private static StringContent? Json(string? body) => body is null ? null : new(body, Encoding.UTF8, "application/json");

    private static string Code(string problem) => JsonNode.Parse(problem)!["code"]!.ToString();

    /// <summary>A body whose length nobody is told.</summary>
    private sealed class NeverEnding(long length) : Stream
    {
        private long left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, left);
            buffer.AsSpan(offset, read).Fill((byte)' ');
            left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
