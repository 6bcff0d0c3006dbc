using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Monolith.EventStore.Projections;

namespace Monolith.Hosting;

/// <summary>Registers where the views of projections are kept.</summary>
public static class ReadModelSetup
{
    /// <summary>Runs the registered projections with the host, into documents of its Marten store.</summary>
    public static IServiceCollection AddReadModels(this IServiceCollection services, Action<ProjectionOptions>? configure = null)
    {
        services.TryAddSingleton<IViewStore, MartenViewStore>();

        // Before the runner, so that no change is missed.
        services.AddHybridCache();
        services.AddSingleton<ReadModelCache>();
        services.AddHostedService(provider => provider.GetRequiredService<ReadModelCache>());
        return services.AddProjectionRunner(configure);
    }
}
