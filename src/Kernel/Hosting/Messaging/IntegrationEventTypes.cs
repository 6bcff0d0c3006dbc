using System.Reflection;
using System.Text.RegularExpressions;
using Monolith.Contracts;
using Monolith.EventSourcing;
using Wolverine.Util;

namespace Monolith.Hosting;

/// <summary>What is asked of the types of integration events, and the names under which Wolverine keeps and routes them.</summary>
internal sealed partial class IntegrationEventTypes : IMessageTypeNaming
{
    /// <summary>The declared name; null when there is none.</summary>
    public static string? NameOf(Type type) => type.GetCustomAttribute<IntegrationEventAttribute>(inherit: false)?.Name;

    /// <summary>Throws unless a module may publish the type.</summary>
    /// <exception cref="InvalidModelException">It has no name or none of the module's, lies outside the module's Contracts, or cannot be written as JSON.</exception>
    public static void Check(Type type, Module? module)
    {
        var name = NameOf(type) ?? throw new InvalidModelException($"{type.FullName} is published and has no name: [IntegrationEvent(\"module.what_happened\")].");
        if (!NamePattern().IsMatch(name))
        {
            throw new InvalidModelException($"'{name}', the name of {type.FullName}, is not module.what_happened in lower case, at most 128 characters.");
        }

        if (module is not null && !name.StartsWith(module.Name + ".", StringComparison.Ordinal))
        {
            throw new InvalidModelException($"'{name}', the name of {type.FullName}, does not begin with '{module.Name}.', the module that publishes it.");
        }

        try
        {
            EventJson.Options.GetTypeInfo(type);
        }
        catch (Exception problem) when (problem is InvalidOperationException or NotSupportedException or ArgumentException)
        {
            throw new InvalidModelException($"{type.FullName} cannot be written as JSON: {problem.Message}", problem);
        }
    }

    /// <summary>Throws when two types have one name.</summary>
    /// <exception cref="InvalidModelException">They have.</exception>
    public static void CheckTogether(IEnumerable<Type> types)
    {
        if (types.Distinct().GroupBy(NameOf, StringComparer.Ordinal).FirstOrDefault(group => group.Key is not null && group.Count() > 1) is { } twice)
        {
            throw new InvalidModelException($"'{twice.Key}' names several integration events: {string.Join(" and ", twice.Select(type => type.FullName))}.");
        }
    }

    public bool TryDetermineName(Type messageType, out string messageTypeName)
    {
        messageTypeName = NameOf(messageType)!;
        return messageTypeName is not null;
    }

    [GeneratedRegex(@"\A(?=.{1,128}\z)[a-z][a-z0-9]*\.[a-z][a-z0-9_]*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();
}
