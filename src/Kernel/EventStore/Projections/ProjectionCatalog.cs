using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>All projections of the host, checked to fit together and with the model. Immutable.</summary>
public sealed partial class ProjectionCatalog
{
    private readonly FrozenDictionary<string, Projection> byName;
    private readonly FrozenDictionary<string, string[]> aggregateTypes;

    /// <summary>Collects and checks projections.</summary>
    /// <exception cref="InvalidModelException">
    /// A name is malformed or used twice, an aggregate or event is not in the model, nothing is read, or two projections write the same views.
    /// </exception>
    public ProjectionCatalog(DomainModel model, IEnumerable<Projection> projections)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        All = [.. projections.OrderBy(projection => projection.Name, StringComparer.Ordinal)];
        foreach (var projection in All)
        {
            Check(model, projection);
        }

        foreach (var name in All.GroupBy(projection => projection.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            throw new InvalidModelException($"The projection '{name.Key}' is registered {name.Count()} times.");
        }

        foreach (var view in All.Where(projection => projection.ViewType is not null).GroupBy(projection => projection.ViewType!).Where(group => group.Count() > 1))
        {
            throw new InvalidModelException(
                $"{view.Key.FullName} is written by several projections, {string.Join(" and ", view.Select(projection => projection.Name))}: a rebuild of one would empty the other.");
        }

        byName = All.ToFrozenDictionary(projection => projection.Name, StringComparer.Ordinal);
        aggregateTypes = All.ToFrozenDictionary(
            projection => projection.Name,
            projection => projection.Aggregates.Select(type => model.Aggregate(type).Name).Distinct(StringComparer.Ordinal).ToArray(),
            StringComparer.Ordinal);
    }

    internal DomainModel Model { get; }

    /// <summary>The projections, by name.</summary>
    public IReadOnlyList<Projection> All { get; }

    /// <summary>The documents that document projections make.</summary>
    public IReadOnlyList<Type> ViewTypes => [.. All.Select(projection => projection.ViewType).OfType<Type>()];

    /// <summary>The projection of a name.</summary>
    /// <exception cref="UnknownProjectionException">There is none.</exception>
    public Projection this[string name] => byName.GetValueOrDefault(name) ?? throw new UnknownProjectionException(name);

    /// <summary>Whether there is a projection of a name.</summary>
    public bool Contains(string name) => byName.ContainsKey(name);

    /// <summary>The stored names of the aggregate types that a projection reads.</summary>
    /// <exception cref="UnknownProjectionException">There is no such projection.</exception>
    public IReadOnlyList<string> AggregateTypesOf(string name) => aggregateTypes.GetValueOrDefault(name) ?? throw new UnknownProjectionException(name);

    private static void Check(DomainModel model, Projection projection)
    {
        if (!Name().IsMatch(projection.Name) || projection.Name.Length > 128)
        {
            throw new InvalidModelException(
                $"'{projection.Name}' is not the name of a projection: expected module.read_model in lower case, at most 128 characters.");
        }

        if (projection.Aggregates.Count == 0)
        {
            throw new InvalidModelException($"The projection '{projection.Name}' reads no aggregate.");
        }

        foreach (var aggregate in projection.Aggregates)
        {
            _ = model.Aggregate(aggregate);
        }

        foreach (var @event in projection.Events)
        {
            _ = model.Event(@event);
        }

        projection.Check();
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
