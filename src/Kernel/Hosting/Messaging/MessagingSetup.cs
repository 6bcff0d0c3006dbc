using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Reflection;
using FluentValidation;
using JasperFx;
using JasperFx.CodeGeneration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Wolverine;
using Wolverine.Configuration;
using Wolverine.ErrorHandling;
using Wolverine.Runtime.Serialization;
using Wolverine.Util;

namespace Monolith.Hosting;

/// <summary>Wolverine as this host uses it: in-process for every command and query, with durable local queues for what runs later.</summary>
internal static class MessagingSetup
{
    internal const string Schema = "wolverine";

    public static void AddMessaging(
        this IServiceCollection services, ModuleSet modules, IReadOnlyList<ModuleBuilder> settings, MessageOptions messages, IHostEnvironment environment, Assembly application)
    {
        IntegrationEventTypes.CheckTogether(settings.SelectMany(module => module.Publishers).SelectMany(publisher => publisher.Publishes));
        WolverineMessageNaming.InsertFirst<IntegrationEventTypes>();
        services.AddSingleton(new IntegrationEventNames(settings.SelectMany(module => module.Publishers).SelectMany(publisher => publisher.Publishes)));
        services.AddSingleton(messages);
        services.AddSingleton<MessageHandover>();
        services.AddSingleton<MessageOperations>();
        services.AddSingleton<ITenantRows, TenantMessages>();
        services.AddValidatorsOf(modules);
        var operations = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        services.AddSingleton(provider => new OperationMetrics(provider.GetRequiredService<IMeterFactory>(), operations));
        services.AddHostedService(provider => provider.GetRequiredService<OperationMetrics>());
        services.AddSingleton<IDatabaseSample, StoredMessages>();
        services.CritterStackDefaults(defaults =>
        {
            defaults.ApplicationAssembly = application;
            defaults.AutoResolveProjectRoot = true;
            foreach (var profile in new[] { defaults.Development, defaults.Production })
            {
                profile.SourceCodeWritingEnabled = false;
                profile.ResourceAutoCreate = AutoCreate.None;
            }

            // Generated code is committed in the host's project. In Production nothing is compiled: a handler whose code is missing ends the start. In Development, and in
            // an application that has none (that of a test), it is compiled when it is first used.
            defaults.Development.GeneratedCodeMode = TypeLoadMode.Auto;
            defaults.Production.GeneratedCodeMode = HasGeneratedCode(application) ? TypeLoadMode.Static : TypeLoadMode.Auto;
        });
        services.AddWolverine(ExtensionDiscovery.Automatic, options =>
        {
            options.ApplicationAssembly = application;
            foreach (var assembly in modules.Assemblies)
            {
                options.Discovery.IncludeAssembly(assembly);
            }

            options.MultipleHandlerBehavior = MultipleHandlerBehavior.Separated;
            options.Durability.MessageIdentity = MessageIdentity.IdAndDestination;
            options.Durability.MessageStorageSchemaName = Schema;
            options.Durability.Mode = environment.IsDevelopment() ? DurabilityMode.Solo : DurabilityMode.Balanced;
            options.EnableRelayOfUserName = true;

            // As events are written: what was put into a queue must be read by the next build, too.
            options.DefaultSerializer = new SystemTextJsonSerializer(new(EventJson.Options));
            options.Durability.ScheduledJobPollingTime = messages.PollingInterval;
            options.Policies.UseDurableLocalQueues();

            // Messages of one aggregate are handled one after the other, those of different ones beside each other.
            options.Policies.AllLocalQueues(queue => queue.PartitionProcessingByGroupId(PartitionSlots.Five));

            options.Policies.Add<DocumentTransactionPolicy>();
            options.Policies.AddMiddleware(typeof(OperationMiddleware), chain => chain.Handlers.Any(handler => modules.Assemblies.Contains(handler.HandlerType.Assembly)));
            options.Policies.Add<ValidationPolicy>();
            options.Policies.Add(new MeasuringPolicy(modules, operations));

            // A refused command is an answer, not a failure of ours; what is one is logged where the answer is made, and of a queue by MessageFailures.
            // Wolverine would write the whole message into its line, and with it what is personal.
            options.Policies.MessageFailureLogLevel(LogLevel.None);
            options.Policies.MessageSuccessLogLevel(LogLevel.Debug);
            options.Policies.MessageExecutionLogLevel(LogLevel.Trace);

            options.OnException<Exception>().ContinueWith(new MessageFailures(messages));
        });
    }

    private static bool HasGeneratedCode(Assembly application) =>
        application.GetTypes().Any(type => type.Namespace?.StartsWith("Internal.Generated.", StringComparison.Ordinal) == true);

    private static void AddValidatorsOf(this IServiceCollection services, ModuleSet modules)
    {
        ValidatorOptions.Global.DefaultRuleLevelCascadeMode = CascadeMode.Stop;
        foreach (var validator in AssemblyScanner.FindValidatorsInAssemblies(modules.Assemblies))
        {
            services.AddSingleton(validator.InterfaceType, validator.ValidatorType);
        }
    }
}
