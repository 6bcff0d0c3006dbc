using JasperFx;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventStore;
using Weasel.Core;
using Wolverine.Marten;

namespace Monolith.Hosting;

/// <summary>
/// The one Marten store of the host: documents only, a schema per module, every document kept apart by tenant. Marten also brings Wolverine
/// its message storage.
/// </summary>
internal static class DocumentSetup
{
    public static void AddDocuments(this IServiceCollection services, ModuleSet modules, IReadOnlyList<ModuleBuilder> settings) => services
        .AddSingleton<ITenantRows>(new TenantTables([.. modules.All.SelectMany(module => new[] { module.Name, $"{module.Name}_shadow" }), MessagingSetup.Schema]))
        .AddMarten(options =>
        {
            // Tables are made by DatabasePreparation, all at once and before the first request; never on the way of one.
            options.AutoCreateSchemaObjects = AutoCreate.None;
            options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase);
            options.DisableNpgsqlLogging = true;

            // A session that says no tenant is a bug; without this it would silently be that of a tenant "*DEFAULT*".
            options.Advanced.DefaultTenantUsageEnabled = false;
            options.Policies.AllDocumentsAreMultiTenanted();
            options.Policies.ForAllDocuments(mapping =>
            {
                // What belongs to no module is Wolverine's.
                mapping.DatabaseSchemaName = modules.Of(mapping.DocumentType)?.Name ?? MessagingSetup.Schema;
            });
            options.AddIdempotentRequests();
            options.Listeners.Add(new TenantEntering());
            foreach (var module in settings)
            {
                options.RegisterDocumentTypes(module.DocumentTypes);
                foreach (var describe in module.DocumentSettings)
                {
                    describe(options.Schema);
                }
            }
        })
        .UseNpgsqlDataSource()
        .BuildSessionsWith<TenantSessions>()
        .IntegrateWithWolverine();
}
