namespace Monolith.Hosting;

/// <summary>The names of all integration events that the modules of this host publish.</summary>
public sealed class IntegrationEventNames
{
    private readonly SortedSet<string> names;

    internal IntegrationEventNames(IEnumerable<Type> types) => names = new(types.Select(IntegrationEventTypes.NameOf).OfType<string>(), StringComparer.Ordinal);

    /// <summary>All of them, in order.</summary>
    public IReadOnlyCollection<string> All => names;

    /// <summary>Whether a module publishes an event of this name.</summary>
    public bool Contains(string name) => names.Contains(name);
}
