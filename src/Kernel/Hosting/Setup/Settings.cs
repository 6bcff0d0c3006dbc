using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;

namespace Monolith.Hosting;

/// <summary>The configuration is wrong. The message has a line for each setting that is, and says what it must be; mending it is the operator's.</summary>
public sealed class InvalidSettingException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Remembers what is wrong with the configuration while it is read, so that an operator is told everything at once.</summary>
public static class Settings
{
    private static readonly ConditionalWeakTable<IConfiguration, List<string>> Mistakes = [];

    /// <summary>Notes a mistake; <see cref="RequireValid"/> tells it.</summary>
    public static void AddMistake(this IConfiguration configuration, string mistake)
    {
        var mistakes = Mistakes.GetOrCreateValue(configuration);
        if (!mistakes.Contains(mistake, StringComparer.Ordinal))
        {
            mistakes.Add(mistake);
        }
    }

    /// <summary>Whether something is wrong with what was read so far.</summary>
    public static bool HasMistakes(this IConfiguration configuration) => Mistakes.TryGetValue(configuration, out var mistakes) && mistakes.Count > 0;

    /// <summary>Ends the start unless everything that was read is right.</summary>
    /// <exception cref="InvalidSettingException">Something is not.</exception>
    public static void RequireValid(this IConfiguration configuration)
    {
        if (configuration.HasMistakes())
        {
            throw new InvalidSettingException(string.Join(Environment.NewLine, Mistakes.GetOrCreateValue(configuration)));
        }
    }

    /// <summary>Reads a section into options of the kernel. Every key that is unknown, malformed or out of its range is a mistake, and leaves the default.</summary>
    internal static void Read(this IConfiguration configuration, string section, object options, Action validate)
    {
        var properties = options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in configuration.GetSection(section).GetChildren())
        {
            if (!properties.ContainsKey(child.Key))
            {
                configuration.AddMistake($"{child.Path} is not a setting. Known are {string.Join(", ", properties.Keys.Order(StringComparer.Ordinal))}.");
                continue;
            }

            try
            {
                Alone(child, section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
            }
            catch (InvalidOperationException wrong)
            {
                configuration.AddMistake($"{child.Path}: {wrong.Message}");
            }
        }

        Validate(configuration, options, validate, properties);
    }

    // Each round finds one value out of its range and puts the default in its place.
    private static void Validate(IConfiguration configuration, object options, Action validate, Dictionary<string, PropertyInfo> properties)
    {
        var (defaults, mended) = (options.GetType().GetConstructor([])?.Invoke([]), new HashSet<string>(StringComparer.Ordinal));
        while (true)
        {
            try
            {
                validate();
                return;
            }
            catch (ArgumentException wrong)
            {
                configuration.AddMistake(wrong.Message.Replace($" (Parameter '{wrong.ParamName}')", "", StringComparison.Ordinal));
                if (defaults is null || wrong.ParamName is not { } name || !mended.Add(name) || !properties.TryGetValue(name, out var property))
                {
                    return;
                }

                // A list has its default when it is empty.
                if (property.CanWrite)
                {
                    property.SetValue(options, property.GetValue(defaults));
                }
                else if (property.GetValue(options) is IList list)
                {
                    list.Clear();
                }
            }
        }
    }

    // One key and what is below it, so that one mistake does not hide the next.
    private static IConfigurationRoot Alone(IConfigurationSection child, string section) => new ConfigurationBuilder()
        .AddInMemoryCollection(child.AsEnumerable().Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Key[(section.Length + 1)..], pair.Value)))
        .Build();
}
