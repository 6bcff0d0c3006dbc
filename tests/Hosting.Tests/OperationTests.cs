using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventSourcing;
using Monolith.Hosting.Tests.Sample;
using Wolverine;

namespace Monolith.Hosting.Tests;

[Collection(NotesHostCollection.Name)]
public sealed class OperationTests(NotesHost host)
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_says_which_command_of_which_request_and_user_it_comes_from()
    {
        using var answer = await host.Send(
            HttpMethod.Post, "/api/notes", Answers.Json("""{"title":"who","text":"x"}"""), "acme",
            ("X-Correlation-Id", "order-66"), ("Authorization", Tokens.Bearer("acme", "ada").ToString()), ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("order-66", answer.Headers.GetValues("X-Correlation-Id").Single());

        var metadata = (await Single(await Id(answer))).Metadata;
        Assert.Equal("WriteNote", metadata.Command);
        Assert.Equal("order-66", metadata.CorrelationId);
        Assert.Equal("ada", metadata.UserId);
        Assert.Equal(Trace, metadata.TraceId);
        Assert.Null(metadata.CausationId);
    }

    [Fact]
    public async Task Without_a_correlation_id_the_trace_is_the_correlation()
    {
        using var answer = await host.Send(
            HttpMethod.Post, "/api/notes", Answers.Json("""{"title":"trace","text":"x"}"""), "acme", ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));

        Assert.Equal(Trace, (await Single(await Id(answer))).Metadata.CorrelationId);
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("tab\tinside")]
    public async Task A_correlation_id_that_is_not_plain_is_refused(string correlation)
    {
        using var answer = await host.Send(
            HttpMethod.Post, "/api/notes", Answers.Json("""{"title":"plain","text":"x"}"""), "acme", ("X-Correlation-Id", correlation));
        await answer.AssertProblem(HttpStatusCode.BadRequest, "invalid");
    }

    [Fact]
    public async Task A_message_from_a_queue_works_for_its_own_tenant_and_names_itself_as_the_cause()
    {
        var id = Guid.CreateVersion7();
        await using (var scope = host.Services.CreateAsyncScope())
        {
            var bus = (IMessageContext)scope.ServiceProvider.GetRequiredService<IMessageBus>();
            bus.TenantId = "globex";
            bus.CorrelationId = "night-shift";
            bus.UserName = "grace";

            // The publisher's own operation is of another tenant, and must not leak into the handler.
            using (new OperationContext("acme", new() { UserId = "ada" }).Begin())
            {
                await bus.PublishAsync(new WriteNote(id, "queued", "x"));
            }
        }

        await host.Services.GetRequiredService<Handled>().Wait(id, Ct);
        var written = await Single(id, "globex");
        Assert.Equal("globex", written.TenantId);
        Assert.Equal("WriteNote", written.Metadata.Command);
        Assert.Equal("night-shift", written.Metadata.CorrelationId);
        Assert.Equal("grace", written.Metadata.UserId);
        Assert.NotNull(written.Metadata.CausationId);
    }

    [Fact]
    public async Task The_operation_of_a_handler_ends_with_it()
    {
        await using var scope = host.Services.CreateAsyncScope();
        var bus = scope.ServiceProvider.GetRequiredService<IMessageBus>();
        bus.TenantId = "acme";
        await bus.InvokeAsync<Saved>(new WriteNote(Guid.CreateVersion7(), "ends", "x"), Ct);

        Assert.Null(OperationContext.CurrentOrNull);
    }

    private static async Task<Guid> Id(HttpResponseMessage answer) => (await answer.Body())!["id"]!.GetValue<Guid>();

    private async Task<EventEnvelope> Single(Guid id, string tenant = "acme") =>
        await host.Services.GetRequiredService<IEventStore>().Read(new(tenant, "note", id), StreamRange.All, Ct).SingleAsync(Ct);
}
