using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.Hosting.Tests.Sample;

namespace Monolith.Hosting.Tests;

[Collection(NotesHostCollection.Name)]
public sealed class RequestTests(NotesHost host)
{
    [Fact]
    public async Task A_write_answers_where_which_version_and_which_position()
    {
        using var created = await Write("answers", "x");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("\"1\"", created.Headers.ETag?.Tag);
        var body = (await created.Body())!;
        Assert.Equal($"/api/notes/{body["id"]}", created.Headers.Location?.ToString());
        Assert.Equal(body["position"]!.ToString(), created.Headers.GetValues("Monolith-Position").Single());

        using var changed = await Change(created, "y");
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal("\"2\"", changed.Headers.ETag?.Tag);

        using var unchanged = await Change(created, "y");
        Assert.Equal("\"2\"", unchanged.Headers.ETag?.Tag);
        Assert.False(unchanged.Headers.Contains("Monolith-Position"));
    }

    [Fact]
    public async Task If_Match_decides_on_that_version_only()
    {
        using var created = await Write("if match", "x");
        using (var first = await Change(created, "y", "\"1\""))
        {
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        }

        using (var stale = await Change(created, "z", "\"1\""))
        {
            await stale.AssertProblem(HttpStatusCode.PreconditionFailed, "version_mismatch");
        }

        using (var malformed = await Change(created, "z", "2"))
        {
            await malformed.AssertProblem(HttpStatusCode.BadRequest, "invalid");
        }

        using var any = await Change(created, "z", "*");
        Assert.Equal("\"3\"", any.Headers.ETag?.Tag);
    }

    [Fact]
    public async Task A_view_that_the_caller_has_is_not_sent_again()
    {
        var path = $"/api/notes/pins/{Guid.CreateVersion7()}";
        using (await host.Send(HttpMethod.Put, path + "?text=x"))
        {
        }

        using var first = await host.Send(HttpMethod.Get, path);
        Assert.Equal("\"7\"", first.Headers.ETag?.Tag);
        using var second = await host.Send(HttpMethod.Get, path, null, "acme", ("If-None-Match", "\"7\""));
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Equal("", await second.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("W/\"7\"", true)]
    [InlineData("\"5\", \"7\"", true)]
    [InlineData("\"5\", \"70\"", false)]
    [InlineData("7", false)]
    public async Task Any_tag_that_the_caller_names_counts(string tags, bool hasAlready)
    {
        var path = $"/api/notes/pins/{Guid.CreateVersion7()}";
        using (await host.Send(HttpMethod.Put, path + "?text=x"))
        {
        }

        using var answer = await host.Send(HttpMethod.Get, path, null, "acme", ("If-None-Match", tags));
        Assert.Equal(hasAlready ? HttpStatusCode.NotModified : HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_refused_command_answers_its_code()
    {
        using var shouting = await Write("shouting", "hey!");
        await shouting.AssertProblem(HttpStatusCode.Conflict, "shouting");

        using var first = await Write("taken", "x");
        using var second = await Write("taken", "x");
        await second.AssertProblem(HttpStatusCode.Conflict, "title_taken");
    }

    [Fact]
    public async Task An_invalid_command_is_told_field_by_field_and_never_handled()
    {
        using var answer = await Write(new string('t', 21), "x");
        var problem = await answer.AssertProblem(HttpStatusCode.BadRequest, "invalid");
        Assert.Contains("20 characters", problem["errors"]!["title"]![0]!.GetValue<string>(), StringComparison.Ordinal);

        var id = Guid.CreateVersion7();
        await using var scope = host.Services.CreateAsyncScope();
        var bus = scope.ServiceProvider.GetRequiredService<Wolverine.IMessageBus>();
        bus.TenantId = "acme";
        await Assert.ThrowsAsync<FluentValidation.ValidationException>(() => bus.InvokeAsync(new WriteNote(id, "", "x"), TestContext.Current.CancellationToken));
        Assert.False(host.Services.GetRequiredService<Handled>().Has(id));
    }

    [Theory]
    [InlineData("""{"title":"x"}""", "text")]
    [InlineData("""{"title":null,"text":"x"}""", "title")]
    [InlineData("""{"title":7,"text":"x"}""", "title")]
    [InlineData("""{"title":"x","text":"x","mood":"furious"}""", "mood")]
    [InlineData("""{"title":"x","text":"x","mood":1}""", "mood")]
    [InlineData("""{"title":"x","text":"x","colour":"red"}""", "colour")]
    [InlineData("""{"title":"x","title":"y","text":"x"}""", "title")]
    [InlineData("{\"title\":\"a\\u0000b\",\"text\":\"x\"}", "title")]
    [InlineData("{\"title\":\"a\\ud800b\",\"text\":\"x\"}", "title")]
    public async Task A_body_that_does_not_fit_is_refused_and_the_field_is_named(string body, string field)
    {
        using var answer = await host.Send(HttpMethod.Post, "/api/notes", Answers.Json(body));
        var problem = await answer.AssertProblem(HttpStatusCode.BadRequest, "invalid");
        Assert.Equal([field], problem["errors"]!.AsObject().Select(error => error.Key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("not json at all")]
    public async Task A_body_that_is_no_such_json_is_refused(string body)
    {
        using var answer = await host.Send(HttpMethod.Post, "/api/notes", Answers.Json(body));
        await answer.AssertProblem(HttpStatusCode.BadRequest, "invalid");
    }

    [Fact]
    public async Task Enums_are_words()
    {
        using var answer = await host.Send(HttpMethod.Post, "/api/notes", Answers.Json("""{"title":"mood","text":"x","mood":"very_calm"}"""));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Fact]
    public async Task What_no_route_takes_is_told_apart()
    {
        using var form = new FormUrlEncodedContent([new("title", "x")]);
        using var media = await host.Send(HttpMethod.Post, "/api/notes", form);
        await media.AssertProblem(HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");

        using var address = await host.Send(HttpMethod.Get, "/api/nothing");
        await address.AssertProblem(HttpStatusCode.NotFound, "not_found");

        using var method = await host.Send(HttpMethod.Delete, "/api/notes");
        await method.AssertProblem(HttpStatusCode.MethodNotAllowed, "method_not_allowed");
        Assert.Equal(["POST"], method.Content.Headers.Allow);

        using var id = await host.Send(HttpMethod.Get, "/api/notes/pins/not-a-guid");
        await id.AssertProblem(HttpStatusCode.NotFound, "not_found");

        using var nul = await host.Send(HttpMethod.Put, $"/api/notes/pins/{Guid.NewGuid()}?text=a%00b");
        await nul.AssertProblem(HttpStatusCode.BadRequest, "invalid");

        using var parameter = await host.Send(HttpMethod.Put, $"/api/notes/pins/{Guid.NewGuid()}");
        var problem = await parameter.AssertProblem(HttpStatusCode.BadRequest, "invalid");
        Assert.Contains("'text'", problem["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_the_limit_is_refused(bool announced)
    {
        using var content = Answers.Json($$"""{"title":"x","text":"{{new string('x', InvalidRequests.MaxBodyBytes)}}"}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/notes") { Content = content };
        request.Headers.Authorization = Tokens.Bearer("acme");
        request.Headers.TransferEncodingChunked = !announced;
        request.Headers.ExpectContinue = announced;
        using var answer = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await answer.AssertProblem(HttpStatusCode.RequestEntityTooLarge, "too_large");
    }

    [Fact]
    public async Task A_bug_tells_the_caller_nothing_but_the_trace()
    {
        using var answer = await host.Send(HttpMethod.Get, "/api/notes/broken");
        var problem = await answer.AssertProblem(HttpStatusCode.InternalServerError, "internal_error");
        Assert.DoesNotContain("secret", problem.ToJsonString(), StringComparison.Ordinal);
        Assert.Single(host.Log.All, line => line.Level == LogLevel.Error && line.Text.Contains("the secret of the house", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refusal_is_an_answer_and_no_error_in_the_log()
    {
        using var answer = await Write("log", "louder than all!");
        await answer.AssertProblem(HttpStatusCode.Conflict, "shouting");
        Assert.DoesNotContain(host.Log.All, line => line.Text.Contains("louder than all", StringComparison.Ordinal));
        Assert.DoesNotContain(host.Log.All, line => line.Level >= LogLevel.Warning && line.Text.Contains("does not shout", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_description_shows_examples_headers_and_refusals()
    {
        using var answer = await host.Send(HttpMethod.Get, "/openapi/v1.json");
        var description = (await answer.Body())!;
        var paths = description["paths"]!;
        var post = paths["/api/notes"]!["post"]!;
        Assert.Equal("very_calm", post["requestBody"]!["content"]!["application/json"]!["example"]!["mood"]!.GetValue<string>());
        var refused = description["components"]!["responses"]![post["responses"]!["409"]!["$ref"]!.GetValue<string>().Split('/')[^1]]!;
        Assert.Contains("title_taken", refused["description"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.NotNull(post["responses"]!["201"]!["headers"]!["ETag"]);
        Assert.Equal("notes:write", post["security"]![0]!["bearer"]![0]!.GetValue<string>());
        var put = paths["/api/notes/{id}/text"]!["put"]!;
        Assert.Contains(put["parameters"]!.AsArray(), parameter => parameter!["name"]!.GetValue<string>() == "If-Match");
        Assert.NotNull(put["responses"]!["412"]);
    }

    private Task<HttpResponseMessage> Write(string title, string text) =>
        host.Send(HttpMethod.Post, "/api/notes", Answers.Json($$"""{"title":"{{title}}","text":"{{text}}"}"""));

    private Task<HttpResponseMessage> Change(HttpResponseMessage created, string text, string? ifMatch = null) => host.Send(
        HttpMethod.Put, $"{created.Headers.Location}/text", Answers.Json($$"""{"text":"{{text}}"}"""), "acme",
        ifMatch is null ? [] : [("If-Match", ifMatch)]);
}
