using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Hosting.Tests.Sample;

namespace Monolith.Hosting.Tests.Messages;

/// <summary>What a consumer cannot take, time and again, is put aside and is the operators'.</summary>
[Collection(NotesHostCollection.Name)]
public sealed class DeadLetterTests(NotesHost host)
{
    private const string Dead = "/operations/messages/dead";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Heard Heard => host.Services.GetRequiredService<Heard>();

    [Fact]
    public async Task A_message_that_fails_is_tried_again_then_dead_and_delivered_when_an_operator_asks()
    {
        Heard.StumbleOver("poison");
        var id = await host.Write("poison", ("X-Correlation-Id", "order-68"));
        var dead = await Only("order-68");

        Assert.Equal(3, Heard.Stumbles("poison"));
        Assert.Equal(("notes.note_told", "acme"), (dead["messageType"]!.ToString(), dead["tenantId"]!.ToString()));
        Assert.Equal("System.InvalidOperationException: Stumbled over 'poison'.", dead["error"]!.ToString());
        Assert.Contains("stumble", dead["queue"]!.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(3, dead["attempts"]!.GetValue<int>());

        // The others had it long since.
        await Heard.Until(() => Heard.Of(id).Count == 2, Ct);

        Heard.StumbleOver("poison");
        using (var retried = await Ask(HttpMethod.Post, $"{Dead}/{dead["id"]}/retry"))
        {
            Assert.Equal(HttpStatusCode.NoContent, retried.StatusCode);
        }

        await Heard.Until(() => Heard.Stumbles("poison") > 0, Ct);
        Heard.Mend("poison");
        await host.Until($"select not exists (select from wolverine.wolverine_dead_letters where id = '{dead["id"]}')");
        await host.Until($"select exists (select from wolverine.wolverine_incoming_envelopes where id = '{dead["id"]}' and status = 'Handled')");
        Assert.Equal(2, Heard.Of(id).Count);
    }

    [Fact]
    public async Task A_dead_letter_is_discarded_for_good()
    {
        Heard.StumbleOver("rotten");
        await host.Write("rotten", ("X-Correlation-Id", "order-69"));
        var dead = await Only("order-69");

        using (var discarded = await Ask(HttpMethod.Delete, $"{Dead}/{dead["id"]}"))
        {
            Assert.Equal(HttpStatusCode.NoContent, discarded.StatusCode);
        }

        Assert.DoesNotContain((await List()).AsArray(), one => one!["id"]!.ToString() == dead["id"]!.ToString());
        using var again = await Ask(HttpMethod.Delete, $"{Dead}/{dead["id"]}");
        await again.AssertProblem(HttpStatusCode.NotFound, "not_found");
        using var retried = await Ask(HttpMethod.Post, $"{Dead}/{dead["id"]}/retry");
        await retried.AssertProblem(HttpStatusCode.NotFound, "not_found");
        Heard.Mend("rotten");
    }

    [Theory]
    [InlineData("?page=0")]
    [InlineData("?pageSize=0")]
    [InlineData("?pageSize=501")]
    public async Task A_page_of_dead_letters_is_bounded(string query)
    {
        using var answer = await Ask(HttpMethod.Get, Dead + query);
        await answer.AssertProblem(HttpStatusCode.BadRequest, "invalid");
    }

    private Task<HttpResponseMessage> Ask(HttpMethod method, string path) =>
        host.Send(method, path, headers: ("Authorization", Tokens.Bearer("acme", roles: "operator").ToString()));

    private async Task<JsonNode> Only(string correlation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            if ((await List()).AsArray().SingleOrDefault(one => one!["correlationId"]?.ToString() == correlation) is { } found)
            {
                return found;
            }

            await again.WaitForNextTickAsync(deadline.Token);
        }
    }

    private async Task<JsonNode> List()
    {
        using var answer = await Ask(HttpMethod.Get, $"{Dead}?messageType=notes.note_told");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Body())!["items"]!;
    }
}
