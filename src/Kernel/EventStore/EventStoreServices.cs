using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>Registers the store.</summary>
public static class EventStoreServices
{
    /// <summary>
    /// Adds the store, its feed, tenants, migrator and repositories. Needs a <see cref="DomainModel"/> and an <see cref="NpgsqlDataSource"/>
    /// among the services, the latter best with a connection string from <see cref="ConnectionStrings.Tune"/>.
    /// </summary>
    public static IServiceCollection AddEventStore(this IServiceCollection services, Action<EventStoreOptions>? configure = null)
    {
        var options = new EventStoreOptions();
        configure?.Invoke(options);
        options.Validate();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(provider => new StoreMetrics(provider.GetService<IMeterFactory>(), options.TenantLabel));
        services.AddSingleton(provider => new PostgresEventStore(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<DomainModel>(),
            options,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILoggerFactory>(),
            provider.GetRequiredService<StoreMetrics>(),
            provider.GetService<InlineProjections>()));
        services.AddSingleton<IEventStore>(provider => provider.GetRequiredService<PostgresEventStore>());
        services.AddSingleton(provider => provider.GetRequiredService<PostgresEventStore>().Feed);
        services.AddSingleton(provider => provider.GetRequiredService<PostgresEventStore>().Tenants);
        services.TryAddSingleton<ITenants>(provider => provider.GetRequiredService<Tenants>());
        services.AddSingleton<StoreSurvey>();
        services.AddSingleton(provider => new Migrator(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<DomainModel>(),
            options,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILogger<Migrator>>()));
        services.AddSingleton(typeof(AggregateRepository<>));
        return services;
    }

    /// <summary>
    /// Samples the database for metrics with the host. Needs the projections' runner, which knows which host samples for all. Further samples are added as
    /// <see cref="IDatabaseSample"/> among the services.
    /// </summary>
    public static IServiceCollection AddDatabaseSampling(this IServiceCollection services, Action<SamplingOptions>? configure = null)
    {
        var options = new SamplingOptions();
        configure?.Invoke(options);
        options.Validate();
        services.AddSingleton(options);
        services.AddSingleton<IDatabaseSample, TypeSizes>();
        services.AddSingleton<IDatabaseSample, ServerLoad>();
        services.AddSingleton<IDatabaseSample>(provider => new PlacedProjections(provider.GetRequiredService<ProjectionCatalog>()));
        services.AddHostedService<DatabaseSampler>();
        return services;
    }
}
