using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventSourcing;

namespace Monolith.Hosting.Tests.Messages;

/// <summary>What tests of messages do to notes over HTTP, in one line each.</summary>
internal static class NoteWriting
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<Guid> Write(this NotesHost host, string title, params (string Name, string Value)[] headers)
    {
        using var answer = await host.Send(HttpMethod.Post, "/api/notes", Answers.Json($$"""{"title":"{{title}}","text":"x"}"""), "acme", headers);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Body())!["id"]!.GetValue<Guid>();
    }

    public static async Task<long> Change(this NotesHost host, Guid id, string text)
    {
        using var answer = await host.Send(HttpMethod.Put, $"/api/notes/{id}/text", Answers.Json($$"""{"text":"{{text}}"}"""));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return long.Parse(answer.Headers.GetValues("Monolith-Position").Single(), CultureInfo.InvariantCulture);
    }

    public static async Task<IReadOnlyList<EventEnvelope>> Events(this NotesHost host, Guid id) =>
        await host.Services.GetRequiredService<IEventStore>().Read(new("acme", "note", id), StreamRange.All, Ct).ToListAsync(Ct);

    /// <summary>Waits until a line is logged that has all parts.</summary>
    public static async Task<string> Logged(this NotesHost host, params string[] parts)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            if (host.Log.All.Select(line => line.Text).FirstOrDefault(line => parts.All(part => line.Contains(part, StringComparison.Ordinal))) is { } found)
            {
                return found;
            }

            await again.WaitForNextTickAsync(deadline.Token);
        }
    }

    /// <summary>Waits until a question to the database is answered with true.</summary>
    public static async Task Until(this NotesHost host, string question)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        await using var command = host.Database.DataSource.CreateCommand(question);
        while (await command.ExecuteScalarAsync(Ct) is not true)
        {
            await again.WaitForNextTickAsync(deadline.Token);
        }
    }
}
