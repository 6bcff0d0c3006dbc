using Microsoft.AspNetCore.Routing;
using Monolith.Hosting;
using Monolith.ModuleName.Features;
using Monolith.ModuleName.Integration;
using Monolith.ModuleName.ReadModels;

namespace Monolith.ModuleName;

/// <summary>What this module is about, in a sentence.</summary>
public sealed class ModuleNameModule : Module
{
    /// <inheritdoc/>
    public override string Name => "modulename";

    /// <inheritdoc/>
    public override void Configure(ModuleBuilder module)
    {
        ArgumentNullException.ThrowIfNull(module);
        module.AddProjection<AggregateNameSummaries>();
        module.AddPublisher<AggregateNamePublisher>();
    }

    /// <inheritdoc/>
    public override void MapRoutes(RouteGroupBuilder routes)
    {
        routes.MapCreateAggregateName();
        routes.MapGetAggregateName();
        routes.MapRenameAggregateName();
    }
}
