using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Hosting;

/// <summary>Puts a host together from its modules.</summary>
public static class MonolithSetup
{
    /// <summary>
    /// Adds the kernel and the modules: event store, projections, documents, messages, HTTP conventions, health. The services must also have
    /// an <see cref="Npgsql.NpgsqlDataSource"/>; it is not used before the host starts.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <param name="application">The assembly that holds the generated code of the handlers.</param>
    /// <param name="modules">The modules, in the order of the API description.</param>
    /// <exception cref="InvalidModelException">The modules do not fit together.</exception>
    /// <exception cref="InvalidSettingException">
    /// A section of the kernel, <c>EventStore</c>, <c>Projections</c>, <c>Sampling</c>, <c>Messages</c>, <c>ReadModels</c>, <c>Http</c>, <c>Authentication</c>, <c>Secrets</c> or
    /// <c>Shutdown</c>, is wrong, or a setting that was read before; the message names all.
    /// </exception>
    public static WebApplicationBuilder AddMonolith(this WebApplicationBuilder builder, Assembly application, params IReadOnlyList<Module> modules)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var set = new ModuleSet(modules);
        var settings = set.All.Select(module => new ModuleBuilder(module, builder)).ToList();
        settings.ForEach(setting => setting.Module.Configure(setting));

        var services = builder.Services;
        services.AddSingleton(set);
        services.AddSingleton(set.BuildDomainModel());
        services.AddEventStore(options => builder.Configuration.Read("EventStore", options, options.Validate));
        services.AddSingleton(provider => new ArchivedAggregates(
            provider.GetRequiredService<IEventStore>(), new Ownership(provider.GetRequiredService<NpgsqlDataSource>()), provider, provider.GetServices<ArchivedAggregate>()));
        services.AddHostedService<ProductionRules.Guard>();
        services.AddSingleton<DatabaseSchema>();
        services.AddSingleton<DatabasePreparation>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabasePreparation>());
        services.AddDocuments(set, settings);

        // Before the runner of projections: publishers hand over to queues that run, and stop before these do.
        var messages = new MessageOptions();
        builder.Configuration.Read("Messages", messages, messages.Validate);
        services.AddMessaging(set, settings, messages, builder.Environment, application);
        services.AddReadModels(options => builder.Configuration.Read("Projections", options, options.Validate));
        services.AddDatabaseSampling(options => builder.Configuration.Read("Sampling", options, options.Validate));
        var readModels = new ReadModelOptions();
        builder.Configuration.Read("ReadModels", readModels, readModels.Validate);
        services.AddSingleton(readModels);
        var tokens = ProductionRules.Tokens(builder.Configuration);
        services.AddTokens(tokens, builder.Environment, set);
        services.AddSecrets(ProductionRules.Secrets(builder.Configuration), builder.Configuration, builder.Environment);
        var http = new HttpOptions();
        builder.Configuration.Read("Http", http, http.Validate);
        services.AddHttp(http);
        services.AddRateLimits(http, tokens);
        services.AddIdempotency();
        services.AddApiDescription();
        var shutdown = new ShutdownOptions { ReadinessOffFor = builder.Environment.IsDevelopment() ? TimeSpan.Zero : new ShutdownOptions().ReadinessOffFor };
        builder.Configuration.Read("Shutdown", shutdown, shutdown.Validate);
        services.AddReadiness(shutdown);
        builder.Configuration.RequireValid();
        return builder;
    }

    /// <summary>Adds the modules' routes, those of operators under <c>/operations</c>, <c>/health/live</c>, <c>/health/ready</c> and what stands before them.</summary>
    public static WebApplication UseMonolith(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseExceptionHandler();
        app.UseStatusCodePages(ProblemHandling.DescribeStatus);
        app.Use(ProblemHandling.RefuseUnusable);
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseMiddleware<TenantMiddleware>();
        app.UseMiddleware<IdempotencyMiddleware>();
        app.MapReadiness();
        app.MapProjectionOperations();
        app.MapMessageOperations();
        var timeout = new RequestTimeoutAttribute((int)app.Services.GetRequiredService<HttpOptions>().RequestTimeout.TotalMilliseconds);
        foreach (var module in app.Services.GetRequiredService<ModuleSet>().All)
        {
            module.MapRoutes(app.MapGroup($"/api/{module.Name}")
                .WithTags(module.Name)
                .WithMetadata(new NeedsTenant(), timeout)
                .DemandPermissions(module)
                .AddEndpointFilter(ReadYourWrites.Wait));
        }

        return app;
    }

    /// <summary>
    /// Sees to the database: in Development what is missing is made, elsewhere the host is refused. The host does the same when it starts; done
    /// before, what is wrong can be told without the host's logging a failed start.
    /// </summary>
    /// <exception cref="SchemaException">The database does not fit this build; the message says what to do.</exception>
    public static Task PrepareDatabase(this WebApplication app, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Services.GetRequiredService<DatabasePreparation>().Prepare(ct);
    }

    private static void AddHttp(this IServiceCollection services, HttpOptions http)
    {
        services.AddSingleton(http);
        services.AddRequestTimeouts();
        services.AddExceptionHandler<ProblemHandling>();
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(options => ApiJson.Configure(options.SerializerOptions));
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.Configure<KestrelServerOptions>(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = InvalidRequests.MaxBodyBytes;
            options.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            options.Limits.MaxRequestHeaderCount = 64;
            options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });
    }
}
