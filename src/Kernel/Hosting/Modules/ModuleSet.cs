using System.Reflection;
using System.Text.RegularExpressions;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>The modules of this host, in the order in which <c>Program.cs</c> lists them.</summary>
internal sealed partial class ModuleSet
{
    /// <exception cref="InvalidModelException">A name is malformed or given twice.</exception>
    public ModuleSet(IReadOnlyList<Module> modules)
    {
        All = modules;
        foreach (var module in modules)
        {
            if (!NamePattern().IsMatch(module.Name))
            {
                throw new InvalidModelException($"'{module.Name}', the name of {module.GetType().FullName}, is not a lower-case word of at most 32 letters and digits.");
            }
        }

        if (modules.GroupBy(module => module.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InvalidModelException($"Two modules have the name '{twice.Key}'.");
        }
    }

    public IReadOnlyList<Module> All { get; }

    public IReadOnlyList<Assembly> Assemblies => [.. All.Select(module => module.GetType().Assembly).Distinct()];

    /// <summary>Everything that a token may permit here.</summary>
    public IReadOnlyList<string> Permissions => [.. All.SelectMany(module => module.Permissions).Distinct(StringComparer.Ordinal)];

    /// <summary>The module that a type belongs to, or null.</summary>
    public Module? Of(Type type) => All.FirstOrDefault(module => module.GetType().Assembly == type.Assembly);

    public DomainModel BuildDomainModel()
    {
        var builder = new DomainModelBuilder();
        foreach (var assembly in Assemblies)
        {
            builder.Add(assembly);
        }

        return builder.Build();
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9]{0,31}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();
}
