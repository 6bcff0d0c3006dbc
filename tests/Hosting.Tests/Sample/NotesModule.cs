using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Hosting.Tests.Sample;

public sealed class NotesModule : Module
{
    public override string Name => "notes";

    public override IReadOnlyList<string> Permissions => [.. base.Permissions, "notes:audit"];

    public override void Configure(ModuleBuilder module)
    {
        module.Services.AddSingleton<Handled>();
        module.Services.AddSingleton<Heard>();
        module.AddPublisher<NotePublisher>();
        module.AddProjection<NoteTitles>();
        module.AddProjection<NoteTexts>();
        module.CacheReadsOf<NoteTexts>();
        module.Documents(documents =>
        {
            documents.For<Pin>();
            documents.For<NoteCopy>();
            documents.For<LateCopy>();
        });
    }

    public override void MapRoutes(RouteGroupBuilder routes)
    {
        routes.MapWriteNote();
        routes.MapChangeNote();
        routes.MapReadNote();
        routes.MapPins();
        routes.MapPost("/searches", () => "found").Requires("notes:read");
        routes.MapGet("/audit", () => "audited").Requires("notes:audit");
        routes.MapPost("/slow", (CancellationToken ct) => Task.Delay(Timeout.Infinite, ct));
        routes.MapGet("/broken", string () => throw new InvalidOperationException("the secret of the house"));
    }
}
