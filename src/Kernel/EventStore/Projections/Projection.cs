using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>
/// A read model's recipe: which events it reads and what it makes of them. It has no clock, no random and no I/O, so that a rebuild gives the
/// same rows. Derive from one of its kinds, such as <see cref="DocumentProjection{TView}"/>.
/// </summary>
public abstract class Projection
{
    private readonly List<Type> aggregates = [];

    /// <summary>A projection of a name and version.</summary>
    /// <param name="name">Unique in the host, stored with the checkpoint: <c>module.read_model</c>.</param>
    /// <param name="version">Raise it when the fold changes: the projection then rebuilds itself.</param>
    protected Projection(string name, int version)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        Name = name;
        Version = version;
    }

    /// <summary>The name, unique in the host.</summary>
    public string Name { get; }

    /// <summary>The version of the fold.</summary>
    public int Version { get; }

    /// <summary>The aggregates whose events it reads.</summary>
    public IReadOnlyList<Type> Aggregates => aggregates;

    /// <summary>Declares that the events of an aggregate type are read.</summary>
    protected void Reads<TAggregate>() where TAggregate : Aggregate => aggregates.Add(typeof(TAggregate));
}
