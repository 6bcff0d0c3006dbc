using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.Testing.Conformance;

namespace Monolith.Hosting.Tests.Http;

/// <summary>Writes that are sent with an <c>Idempotency-Key</c>.</summary>
[Collection(NotesHostCollection.Name)]
public sealed class IdempotencyTests(NotesHost host)
{
    private const string Replayed = "Idempotency-Replayed";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_repeat_is_answered_alike_and_happens_once()
    {
        var key = NewKey();
        using var first = await Write(key, "once");
        using var again = await Write(key, "once");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, again.StatusCode));
        Assert.False(first.Headers.Contains(Replayed));
        Assert.Equal("true", again.Headers.GetValues(Replayed).Single());
        Assert.Equal(await Text(first), await Text(again));
        Assert.Equal(
            (first.Headers.Location, first.Headers.ETag, first.Headers.GetValues("Monolith-Position").Single(), first.Content.Headers.ContentType),
            (again.Headers.Location, again.Headers.ETag, again.Headers.GetValues("Monolith-Position").Single(), again.Content.Headers.ContentType));

        var change = NewKey();
        using var changed = await Change(change, first, "y");
        using var changedAgain = await Change(change, first, "y");
        Assert.Equal(("\"2\"", "\"2\""), (changed.Headers.ETag?.Tag, changedAgain.Headers.ETag?.Tag));
        Assert.Equal(2, await CountEvents(first));
    }

    [Fact]
    public async Task A_key_belongs_to_one_request_of_one_user_of_one_tenant()
    {
        var key = NewKey();
        using var first = await Write(key, "mine");
        using (var other = await Write(key, "another"))
        {
            await other.AssertProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        }

        using (var elsewhere = await Change(key, first, "x"))
        {
            await elsewhere.AssertProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        }

        using (var somebody = await host.Send(HttpMethod.Post, "/api/notes", Note("mine"), "acme", ("Idempotency-Key", key), ("Authorization", Tokens.Bearer("acme", "mallory").ToString())))
        {
            await somebody.AssertProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        }

        using var foreign = await host.Send(HttpMethod.Post, "/api/notes", Note("mine"), "globex", ("Idempotency-Key", key));
        Assert.Equal(HttpStatusCode.Created, foreign.StatusCode);
        Assert.NotEqual(first.Headers.Location, foreign.Headers.Location);
    }

    [Fact]
    public async Task A_refusal_is_an_answer_and_kept_what_is_wrong_in_form_is_not()
    {
        var refused = NewKey();
        using var shouting = await Write(refused, "refused", "hey!");
        var problem = await shouting.AssertProblem(HttpStatusCode.Conflict, "shouting");
        using var again = await Write(refused, "refused", "hey!");
        Assert.True(JsonNode.DeepEquals(problem, await again.AssertProblem(HttpStatusCode.Conflict, "shouting")));
        Assert.True(again.Headers.Contains(Replayed));

        var malformed = NewKey();
        using var tooLong = await Write(malformed, new string('t', 21));
        await tooLong.AssertProblem(HttpStatusCode.BadRequest, "invalid");
        using var mended = await Write(malformed, "mended");
        Assert.Equal(HttpStatusCode.Created, mended.StatusCode);
    }

    [Fact]
    public async Task Of_many_at_once_one_runs_and_the_others_have_its_answer_or_are_told_to_wait()
    {
        var key = NewKey();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Write(key, "at once")));

        var created = answers.Where(answer => answer.StatusCode == HttpStatusCode.Created).ToList();
        Assert.Single(created, answer => !answer.Headers.Contains(Replayed));
        Assert.Single(created.Select(answer => answer.Headers.Location).Distinct());
        foreach (var waiting in answers.Except(created))
        {
            await waiting.AssertProblem(HttpStatusCode.Conflict, "request_under_way");
            Assert.Equal(TimeSpan.FromSeconds(1), waiting.Headers.RetryAfter?.Delta);
        }

        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_crash_between_write_and_answer_the_command_does_not_run_again(bool isCreation)
    {
        var (key, creation) = (NewKey(), NewKey());
        using var written = await Write(creation, $"crash {isCreation}");
        using var first = isCreation ? written : await Change(key, written, "y");
        var lost = isCreation ? creation : key;
        await Interrupt(lost, isLeaseOver: false);
        using (var early = await (isCreation ? Write(lost, $"crash {isCreation}") : Change(lost, written, "y")))
        {
            await early.AssertProblem(HttpStatusCode.Conflict, "request_under_way");
        }

        await Interrupt(lost, isLeaseOver: true);
        using var again = isCreation ? await Write(lost, $"crash {isCreation}") : await Change(lost, written, "y");

        Assert.Equal((first.StatusCode, first.Headers.ETag, first.Headers.Location), (again.StatusCode, again.Headers.ETag, again.Headers.Location));
        Assert.Equal(await Text(first), await Text(again));
        Assert.Equal(isCreation ? 1 : 2, await CountEvents(written));
    }

    [Fact]
    public async Task After_a_crash_before_the_write_the_command_runs()
    {
        var key = NewKey();
        using var written = await Write(null, "before the write");
        using var first = await Change(key, written, "y");
        await Interrupt(key, isLeaseOver: true);
        await host.Database.DataSource.Execute($"update wolverine.idempotent_requests set request_id = gen_random_uuid() where key = '{key}'", Ct);

        using var again = await Change(key, written, "y");

        Assert.Equal("\"2\"", again.Headers.ETag?.Tag);
        Assert.False(again.Headers.Contains(Replayed));
    }

    [Fact]
    public async Task Answers_are_kept_for_their_time_and_then_removed()
    {
        var key = NewKey();
        using var first = await Write(key, "expired");
        await host.Database.DataSource.Execute($"update wolverine.idempotent_requests set kept_until = now() - interval '1 second' where key = '{key}'", Ct);
        using var reused = await Write(key, "expired too");
        Assert.Equal(HttpStatusCode.Created, reused.StatusCode);
        Assert.NotEqual(first.Headers.Location, reused.Headers.Location);

        await host.Database.DataSource.Execute(
            """
            insert into wolverine.idempotent_requests (tenant_id, key, fingerprint, request_id, since_position, leased_until, kept_until)
            select 'acme', 'old ' || n, '', gen_random_uuid(), 1, now(), now() - interval '1 day' from generate_series(1, 2500) n
            """,
            Ct);
        Assert.InRange(await host.Services.GetRequiredService<IdempotentRequests>().Expire(Ct), 2500, 2600);
        using var kept = await Write(key, "expired too");
        Assert.True(kept.Headers.Contains(Replayed));
    }

    [Fact]
    public async Task What_an_answer_shows_is_kept_encrypted()
    {
        var key = NewKey();
        using var first = await Write(key, "encrypted");
        var body = (await host.Database.DataSource.Column<string>($"select encode(body, 'escape') from wolverine.idempotent_requests where key = '{key}'", Ct)).Single();
        Assert.DoesNotContain("version", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dropped_tenant_takes_its_answers_along()
    {
        await host.Services.GetRequiredService<ITenants>().Add("leaver", ct: Ct);
        using (await host.Send(HttpMethod.Post, "/api/notes", Note("gone"), "leaver", ("Idempotency-Key", NewKey())))
        {
        }

        Assert.Single(await host.Database.DataSource.Column<string>("select key from wolverine.idempotent_requests where tenant_id = 'leaver'", Ct));
        await host.Services.GetRequiredService<ITenants>().Drop("leaver", Ct);
        Assert.Empty(await host.Database.DataSource.Column<string>("select key from wolverine.idempotent_requests where tenant_id = 'leaver'", Ct));
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("")]
    public async Task A_key_that_is_not_plain_is_refused(string key)
    {
        using var answer = await Write(key, "plain key");
        await answer.AssertProblem(HttpStatusCode.BadRequest, "invalid");
    }

    private static string NewKey() => Guid.NewGuid().ToString();

    private static StringContent Note(string title, string text = "x") => Answers.Json($$"""{"title":"{{title}}","text":"{{text}}"}""");

    private static Task<string> Text(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(Ct);

    private Task<HttpResponseMessage> Write(string? key, string title, string text = "x") =>
        host.Send(HttpMethod.Post, "/api/notes", Note(title, text), "acme", key is null ? [] : [("Idempotency-Key", key)]);

    private Task<HttpResponseMessage> Change(string key, HttpResponseMessage created, string text) =>
        host.Send(HttpMethod.Put, $"{created.Headers.Location}/text", Answers.Json($$"""{"text":"{{text}}"}"""), "acme", ("Idempotency-Key", key));

    // As its host left it: the events are stored, the answer is not.
    private async Task Interrupt(string key, bool isLeaseOver) => await host.Database.DataSource.Execute(
        $"""
        update wolverine.idempotent_requests
        set status = null, headers = null, body = null, leased_until = now() + interval '{(isLeaseOver ? -1 : 60)} seconds'
        where tenant_id = 'acme' and key = '{key}'
        """,
        Ct);

    private async Task<int> CountEvents(HttpResponseMessage created)
    {
        var id = Guid.Parse(created.Headers.Location!.ToString().Split('/')[^1]);
        return await host.Services.GetRequiredService<IEventStore>().Read(new("acme", "note", id), StreamRange.All, Ct).CountAsync(Ct);
    }
}
