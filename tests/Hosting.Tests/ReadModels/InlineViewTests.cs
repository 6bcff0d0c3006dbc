using System.Net;
using System.Net.Http.Json;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventStore.Projections;
using Monolith.Hosting.Tests.Sample;

namespace Monolith.Hosting.Tests.ReadModels;

/// <summary>Documents that are stored with the events, through a whole host.</summary>
[Collection(NotesHostCollection.Name)]
public sealed class InlineViewTests(NotesHost host)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_document_holds_a_write_as_soon_as_that_is_answered_and_is_an_ordinary_document_of_its_tenant()
    {
        await host.Services.GetRequiredService<ProjectionRunner>().WaitFor("notes.note_titles", "acme", position: 0, Patience, Ct);
        using var written = await host.Send(HttpMethod.Post, "/api/notes", JsonContent.Create(new { title = "inline", text = "milk" }));
        Assert.Equal(HttpStatusCode.Created, written.StatusCode);
        var id = Guid.Parse(written.Headers.Location!.ToString().Split('/')[^1]);
        Assert.Equal(new NoteTitle(id, "inline", "milk", 1), await View("acme", id));
        Assert.Null(await View("globex", id));

        using var changed = await host.Send(HttpMethod.Put, $"/api/notes/{id}/text", JsonContent.Create(new { text = "bread" }));
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal(new NoteTitle(id, "inline", "bread", 2), await View("acme", id));
    }

    [Fact]
    public async Task A_write_that_is_refused_leaves_no_document()
    {
        await host.Services.GetRequiredService<ProjectionRunner>().WaitFor("notes.note_titles", "acme", position: 0, Patience, Ct);
        using var first = await host.Send(HttpMethod.Post, "/api/notes", JsonContent.Create(new { title = "taken once", text = "a" }));
        using var second = await host.Send(HttpMethod.Post, "/api/notes", JsonContent.Create(new { title = "taken once", text = "b" }));
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Conflict), (first.StatusCode, second.StatusCode));

        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession("acme");
        Assert.Equal("a", (await session.Query<NoteTitle>().SingleAsync(view => view.Title == "taken once", Ct)).Text);
    }

    private async Task<NoteTitle?> View(string tenant, Guid id)
    {
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession(tenant);
        return await session.LoadAsync<NoteTitle>(id, Ct);
    }
}
