using System.Reflection;
using FluentValidation;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Module = Monolith.Hosting.Module;

namespace Monolith.Architecture.Tests;

public class ModuleTests
{
    private static readonly string[] HandlerMethods = ["Handle", "HandleAsync", "Consume", "ConsumeAsync"];

    public static TheoryData<string> Modules => [.. Repository.Modules.Select(module => module.GetName().Name!)];

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_has_one_module_class_at_its_root(string name)
    {
        var module = Assert.Single(Assembly.Load(name).GetTypes(), type => type.IsSubclassOf(typeof(Module)));

        Assert.True(module is { IsPublic: true, IsSealed: true });
        Assert.Equal(name, module.Namespace);
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void The_public_types_of_a_module_are_its_module_class_its_messages_its_handlers_and_what_these_show(string name)
    {
        var module = Assembly.Load(name);
        var roots = module.GetExportedTypes().Where(type =>
            type.IsSubclassOf(typeof(Module))
            || IsHandler(type)
            || type.IsAssignableTo(typeof(IValidator))
            || type.IsSubclassOf(typeof(Projection))
            || type.GetCustomAttribute<EventTypeAttribute>() is not null);

        var shown = new HashSet<Type>();
        foreach (var root in roots)
        {
            Show(root, module, shown);
        }

        Assert.Empty(module.GetExportedTypes().Except(shown));
    }

    // Wolverine passes over what is not public without a word.
    [Theory]
    [MemberData(nameof(Modules))]
    public void Every_handler_of_a_module_is_public_and_so_is_its_method(string name)
    {
        var handlers = Assembly.Load(name).GetTypes().Where(type => type.Name.EndsWith("Handler", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(handlers);
        Assert.All(handlers, handler => Assert.True(handler.IsPublic && IsHandler(handler), $"{handler} has no public method named Handle, or is not public."));
    }

    private static bool IsHandler(Type type) =>
        type.Name.EndsWith("Handler", StringComparison.Ordinal)
        && type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).Any(method => HandlerMethods.Contains(method.Name));

    // C# wants every type public that a public signature shows.
    private static void Show(Type type, Assembly module, HashSet<Type> shown)
    {
        if (type.HasElementType)
        {
            Show(type.GetElementType()!, module, shown);
            return;
        }

        foreach (var argument in type.GenericTypeArguments)
        {
            Show(argument, module, shown);
        }

        var shape = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        if (shape.Assembly != module || !shown.Add(shape))
        {
            return;
        }

        const BindingFlags all = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        IEnumerable<Type> signatures =
        [
            .. shape.BaseType is { } parent ? [parent] : Type.EmptyTypes,
            .. shape.GetInterfaces(),
            .. shape.GetConstructors(all).SelectMany(constructor => constructor.GetParameters()).Select(parameter => parameter.ParameterType),
            .. shape.GetMethods(all).SelectMany(method => method.GetParameters().Append(method.ReturnParameter)).Select(parameter => parameter.ParameterType),
            .. shape.GetFields(all).Select(field => field.FieldType),
        ];
        foreach (var next in signatures)
        {
            Show(next, module, shown);
        }
    }
}
