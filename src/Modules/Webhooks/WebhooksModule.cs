using Marten.Schema.Indexing.Unique;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Monolith.EventStore;
using Monolith.Hosting;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.Features;
using Monolith.Webhooks.Integration;
using Monolith.Webhooks.ReadModels;

namespace Monolith.Webhooks;

/// <summary>Tells endpoints outside what the modules tell each other, by HTTP, as Standard Webhooks has it.</summary>
public sealed class WebhooksModule : Module
{
    /// <inheritdoc/>
    public override string Name => "webhooks";

    /// <inheritdoc/>
    public override void Configure(ModuleBuilder module)
    {
        ArgumentNullException.ThrowIfNull(module);
        var options = new WebhookOptions();
        module.Read("Webhooks", options, () => options.Validate(module.Environment.IsDevelopment()));
        module.AddProjection<Endpoints>();
        module.AddPublisher<EndpointPublisher>();
        module.Documents(documents =>
        {
            // The log of an endpoint by time, and by status that of what has not arrived: little beside what has. The last is for what is too old, of every tenant.
            documents.For<Delivery>()
                .Index([delivery => delivery.EndpointId, delivery => delivery.OccurredAt, delivery => delivery.Id], index =>
                {
                    index.Name = "mt_doc_delivery_idx_log";
                    index.TenancyScope = TenancyScope.PerTenant;
                })
                .Index([delivery => delivery.Status, delivery => delivery.EndpointId, delivery => delivery.OccurredAt, delivery => delivery.Id], index =>
                {
                    index.Name = "mt_doc_delivery_idx_undelivered";
                    index.Predicate = "(data ->> 'status') <> 'Delivered'";
                })
                .Index(delivery => delivery.OccurredAt, index => index.Name = "mt_doc_delivery_idx_age");
            documents.For<EndpointHealth>();
        });

        var services = module.Services;
        services.AddSingleton(options);
        services.AddSingleton<TargetRules>();
        services.AddSingleton<EndpointSecrets>();
        services.TryAddSingleton<IHostNames, SystemHostNames>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<GuardedConnections>();
        services.AddSingleton(provider => new WebhookSender(
            provider.GetRequiredService<IHttpClientFactory>(), provider.GetRequiredService<EndpointSecrets>(), options, provider.GetRequiredService<DeliveryMetrics>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DeliveryMetrics>();
        services.AddSingleton<IDatabaseSample, DeliverySample>();
        services.AddHostedService(provider => provider.GetRequiredService<DeliveryMetrics>());
        services.AddHostedService<DeliveryCleaning>();

        // Logs of the client would hold URLs, which are for their owners alone. The deadline of an attempt is ours.
        services.AddHttpClient(WebhookSender.Client, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(provider => provider.GetRequiredService<GuardedConnections>().Handler())
            .RemoveAllLoggers();
    }

    /// <inheritdoc/>
    public override void MapRoutes(RouteGroupBuilder routes)
    {
        routes.MapRegisterEndpoint();
        routes.MapGetEndpoint();
        routes.MapPauseEndpoint();
        routes.MapRotateSecret();
        routes.MapRemoveEndpoint();
        routes.MapPingEndpoint();
        routes.MapListDeliveries();
        routes.MapReplayDeliveries();
    }
}
