using System.Net;
using Monolith.Hosting.Tests.Messages;
using Monolith.Testing.Conformance;

namespace Monolith.Hosting.Tests.Http;

/// <summary>What operators ask for with an <c>Idempotency-Key</c>, which is theirs and no tenant's.</summary>
[Collection(NotesHostCollection.Name)]
public sealed class OperatorIdempotencyTests(NotesHost host)
{
    private const string Retry = "/operations/messages/dead/retry";
    private const string Replayed = "Idempotency-Replayed";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_repeat_is_answered_alike_and_happens_once_whatever_tenant_the_token_names()
    {
        var (key, type) = (Guid.NewGuid().ToString(), $"notes.of_{Guid.NewGuid():N}");
        await host.AddDeadLetter("acme", type, []);
        using (var first = await Ask(key, type))
        {
            Assert.Equal((HttpStatusCode.OK, 1), (first.StatusCode, (await first.Body())!["messages"]!.GetValue<int>()));
            Assert.False(first.Headers.Contains(Replayed));
        }

        var later = await host.AddDeadLetter("acme", type, []);
        using (var again = await Ask(key, type, tenant: "globex"))
        {
            Assert.Equal((HttpStatusCode.OK, 1), (again.StatusCode, (await again.Body())!["messages"]!.GetValue<int>()));
            Assert.Equal("true", again.Headers.GetValues(Replayed).Single());
        }

        Assert.False(await host.Database.DataSource.Scalar<bool>($"select replayable from wolverine.wolverine_dead_letters where id = '{later}'", Ct));
        await host.Database.DataSource.Execute($"delete from wolverine.wolverine_dead_letters where id = '{later}'", Ct);
    }

    [Fact]
    public async Task A_key_belongs_to_one_request_of_one_operator_and_tenants_have_keys_of_their_own()
    {
        var key = Guid.NewGuid().ToString();
        using (var first = await Ask(key, "notes.one"))
        {
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        }

        using (var another = await Ask(key, "notes.another"))
        {
            await another.AssertProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        }

        using (var colleague = await Ask(key, "notes.another", user: "grace"))
        {
            Assert.Equal(HttpStatusCode.OK, colleague.StatusCode);
            Assert.False(colleague.Headers.Contains(Replayed));
        }

        using (var written = await host.Send(HttpMethod.Post, "/api/notes", Answers.Json("""{"title":"of a tenant","text":"x"}"""), "acme", ("Idempotency-Key", key)))
        {
            Assert.Equal(HttpStatusCode.Created, written.StatusCode);
        }

        using var malformed = await Ask("two words", "notes.one");
        await malformed.AssertProblem(HttpStatusCode.BadRequest, "invalid");
    }

    [Fact]
    public async Task What_could_not_begin_is_not_kept_and_what_was_not_found_is_an_answer()
    {
        var (unknown, missing) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        for (var repeat = 0; repeat < 2; repeat++)
        {
            using var projection = await Send("/operations/projections/notes.none/pause", unknown);
            await projection.AssertProblem(HttpStatusCode.NotFound, "unknown_projection");
            Assert.False(projection.Headers.Contains(Replayed));

            using var letter = await Send($"/operations/messages/dead/{Guid.Empty}/retry", missing);
            await letter.AssertProblem(HttpStatusCode.NotFound, "not_found");
            Assert.Equal(repeat > 0, letter.Headers.Contains(Replayed));
        }
    }

    private Task<HttpResponseMessage> Ask(string key, string messageType, string user = "tester", string tenant = "acme") =>
        Send(Retry, key, Answers.Json($$"""{"messageType":"{{messageType}}"}"""), user, tenant);

    private Task<HttpResponseMessage> Send(string path, string key, HttpContent? body = null, string user = "tester", string tenant = "acme") => host.Send(
        HttpMethod.Post, path, body, headers: [("Authorization", Tokens.Bearer(tenant, user, roles: "operator").ToString()), ("Idempotency-Key", key)]);
}
