using Marten;

namespace Monolith.Hosting.Tests.Sample;

/// <summary>A document of a consumer that takes its time.</summary>
public sealed record LateCopy(Guid Id, string Title);

public static class CopyLateHandler
{
    public static async Task Handle(NoteTold told, IDocumentSession session, Heard heard, CancellationToken ct)
    {
        if (told.Title.StartsWith("late", StringComparison.Ordinal))
        {
            await heard.Held(told.Title, ct);
            session.Store(new LateCopy(told.NoteId, told.Title));
        }
    }
}
