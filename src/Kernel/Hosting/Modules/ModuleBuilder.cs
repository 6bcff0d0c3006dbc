using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventStore.Projections;

namespace Monolith.Hosting;

/// <summary>Collects what one module brings along.</summary>
public sealed class ModuleBuilder
{
    private readonly List<Action<MartenRegistry>> documents = [];

    internal ModuleBuilder(Module module, IServiceCollection services, IConfiguration configuration)
    {
        Module = module;
        Services = services;
        Configuration = configuration;
    }

    /// <summary>The module.</summary>
    public Module Module { get; }

    /// <summary>The host's services. A service that handlers take as a parameter is public.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The host's configuration.</summary>
    public IConfiguration Configuration { get; }

    internal IReadOnlyList<Action<MartenRegistry>> DocumentSettings => documents;

    /// <summary>Registers a projection. It runs on every host that is allowed to, from the first event on.</summary>
    public ModuleBuilder AddProjection<TProjection>() where TProjection : Projection
    {
        Services.AddSingleton<Projection, TProjection>();
        return this;
    }

    /// <summary>
    /// Describes the module's documents: indexes, identities. Every document of the module's assembly lies in the schema of the module's name
    /// and is kept apart by tenant without saying so here.
    /// </summary>
    public ModuleBuilder Documents(Action<MartenRegistry> describe)
    {
        ArgumentNullException.ThrowIfNull(describe);
        documents.Add(describe);
        return this;
    }
}
