using Marten;
using Monolith.EventSourcing;
using Wolverine;

namespace Monolith.Hosting.Tests.Sample;

// Consumers as another module would have them.

public static class HearNoteHandler
{
    public static void Handle(NoteTold told, Envelope envelope, Heard heard) => heard.Add(told, envelope);
}

public static class HearTextHandler
{
    public static void Handle(TextTold told, Envelope envelope, Heard heard) => heard.Add(told, envelope);
}

public static class HearAnythingHandler
{
    public static void Handle(PublishedEvent published, Envelope envelope, Heard heard) => heard.Add(published, envelope);
}

/// <summary>A copy of what the consumer needs, and how often it was written.</summary>
public sealed record NoteCopy(Guid Id, string Title, long Version, int Writes);

public static class CopyNoteHandler
{
    public static async Task Handle(NoteTold told, Envelope envelope, IDocumentSession session, Heard heard, CancellationToken ct)
    {
        var copy = await session.LoadAsync<NoteCopy>(told.NoteId, ct);
        if (copy is null || copy.Version < told.Origin.Version)
        {
            session.Store(new NoteCopy(told.NoteId, told.Title, told.Origin.Version, (copy?.Writes ?? 0) + 1));
        }

        heard.Copied(told, envelope);
    }
}

/// <summary>Answers a note that asks for it with another note, whose id follows from the message: to answer twice is refused.</summary>
public static class EchoNoteHandler
{
    public static async Task Handle(NoteTold told, IMessageBus bus, Heard heard, CancellationToken ct)
    {
        if (told.Title.StartsWith("echo", StringComparison.Ordinal))
        {
            await bus.InvokeAsync<Saved>(new WriteNote(told.Origin.EventId, $"re {told.Title}", "heard"), ct);
            heard.Echoed(told.Origin.EventId);
        }
    }
}

public static class StumbleHandler
{
    public static void Handle(NoteTold told, Heard heard)
    {
        if (heard.StumblesOver(told.Title))
        {
            throw new InvalidOperationException($"Stumbled over '{told.Title}'.");
        }
    }
}
