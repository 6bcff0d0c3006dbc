using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Hosting;

/// <summary>Collects what one module brings along.</summary>
public sealed class ModuleBuilder
{
    private readonly List<Action<MartenRegistry>> documents = [];
    private readonly List<Type> documentTypes = [];
    private readonly List<Publisher> publishers = [];

    internal ModuleBuilder(Module module, IHostApplicationBuilder host)
    {
        Module = module;
        Services = host.Services;
        Configuration = host.Configuration;
        Environment = host.Environment;
    }

    /// <summary>The module.</summary>
    public Module Module { get; }

    /// <summary>The host's services. A service that handlers take as a parameter is public.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The host's configuration.</summary>
    public IConfiguration Configuration { get; }

    /// <summary>Where the host runs: what is for developers is refused outside Development.</summary>
    public IHostEnvironment Environment { get; }

    internal IReadOnlyList<Action<MartenRegistry>> DocumentSettings => documents;

    internal IReadOnlyList<Type> DocumentTypes => documentTypes;

    internal IReadOnlyList<Publisher> Publishers => publishers;

    /// <summary>Registers a projection. It runs on every host that is allowed to, from the first event on.</summary>
    public ModuleBuilder AddProjection<TProjection>() where TProjection : Projection
    {
        Services.AddProjection<TProjection>();
        if (DocumentOf(typeof(TProjection)) is { } document)
        {
            documentTypes.Add(document);
        }

        return this;
    }

    /// <summary>Registers the module's publisher. It runs on every host that is allowed to, from the first event of the store on.</summary>
    public ModuleBuilder AddPublisher<TPublisher>() where TPublisher : Publisher, new()
    {
        var publisher = new TPublisher();
        publishers.Add(publisher);
        Services.AddSingleton<Projection>(services =>
        {
            publisher.Connect(Module, services.GetRequiredService<MessageHandover>());
            return publisher;
        });
        return this;
    }

    /// <summary>Reads a section of the configuration into options of the module.</summary>
    /// <param name="section">The name of the section.</param>
    /// <param name="options">What the settings are written into; what is not set keeps its value.</param>
    /// <param name="validate">Throws <see cref="ArgumentException"/> when a value is out of its range.</param>
    /// <exception cref="InvalidSettingException">A value is malformed, or out of its range, or a key is no setting.</exception>
    public void Read(string section, object options, Action validate)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(validate);
        Configuration.Read(section, options, validate);
    }

    /// <summary>
    /// Lets queries of the module keep their answers from a projection's read model in the <see cref="ReadModelCache"/>, until it changes. The projection is not inline.
    /// </summary>
    public ModuleBuilder CacheReadsOf<TProjection>() where TProjection : Projection
    {
        Services.AddSingleton(new CachedReads(typeof(TProjection)));
        return this;
    }

    /// <summary>
    /// Lets the aggregates of a type decide when an operator archives them, before nothing can be appended any more, and when they are restored. An aggregate that refuses is not
    /// archived.
    /// </summary>
    /// <param name="before">The decision before. To take it once more changes nothing.</param>
    /// <param name="afterwards">The decision when it is back. To take it once more changes nothing.</param>
    /// <typeparam name="TAggregate">The aggregate.</typeparam>
    public ModuleBuilder Archives<TAggregate>(Action<TAggregate> before, Action<TAggregate> afterwards) where TAggregate : Aggregate
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(afterwards);
        Services.AddSingleton<ArchivedAggregate>(services => new ArchivedAggregate<TAggregate>(
            services.GetRequiredService<DomainModel>().Aggregate(typeof(TAggregate)).Name, before, afterwards));
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

    private static Type? DocumentOf(Type projection)
    {
        for (var type = projection.BaseType; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(DocumentProjection<,>))
            {
                return type.GetGenericArguments()[0];
            }
        }

        return null;
    }
}
