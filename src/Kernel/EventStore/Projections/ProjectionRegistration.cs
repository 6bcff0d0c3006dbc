using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Registers projections.</summary>
public static class ProjectionRegistration
{
    /// <summary>Adds a projection; it runs when <see cref="AddProjectionRunner"/> is added too.</summary>
    public static IServiceCollection AddProjection<TProjection>(this IServiceCollection services) where TProjection : Projection =>
        services.AddSingleton<Projection, TProjection>();

    /// <summary>
    /// Runs the projections among the services with the host. Needs the store, and an <see cref="IViewStore"/> where projections make documents. From now on
    /// <see cref="ITenants.Drop"/> removes a tenant from the read models as well, and what is registered as <see cref="ITenantRows"/>.
    /// </summary>
    public static IServiceCollection AddProjectionRunner(this IServiceCollection services, Action<ProjectionOptions>? configure = null)
    {
        var options = new ProjectionOptions();
        configure?.Invoke(options);
        options.Validate();
        services.TryAddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new ProjectionCatalog(provider.GetRequiredService<DomainModel>(), provider.GetServices<Projection>()));
        services.TryAddSingleton(provider => new InlineProjections(
            new Lazy<ProjectionCatalog>(provider.GetRequiredService<ProjectionCatalog>), new Lazy<IViewStore?>(provider.GetService<IViewStore>)));
        services.TryAddSingleton(provider => new ProjectionOperations(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<ProjectionCatalog>(),
            provider.GetRequiredService<Feed>(),
            provider.GetService<IViewStore>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ProjectionOptions>(),
            provider.GetRequiredService<ReadModelChanges>()));
        services.TryAddSingleton(provider => new ReadModelChanges(provider.GetRequiredService<Feed>()));
        services.TryAddSingleton(provider => new ProjectionRunner(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<DomainModel>(),
            provider.GetRequiredService<PostgresEventStore>(),
            provider.GetRequiredService<ProjectionCatalog>(),
            provider.GetService<IViewStore>(),
            provider.GetRequiredService<ProjectionOptions>(),
            provider.GetRequiredService<ProjectionOperations>(),
            provider.GetService<StoreMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILoggerFactory>(),
            provider.GetRequiredService<ReadModelChanges>()));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ProjectionRunner>());
        services.Replace(ServiceDescriptor.Singleton<ITenants>(provider => new TenantsWithReadModels(
            provider.GetRequiredService<Tenants>(),
            new Lazy<ProjectionCatalog>(provider.GetRequiredService<ProjectionCatalog>),
            new Lazy<IViewStore?>(provider.GetService<IViewStore>),
            new Lazy<IReadOnlyList<ITenantRows>>(() => [.. provider.GetServices<ITenantRows>()]))));
        return services;
    }
}
