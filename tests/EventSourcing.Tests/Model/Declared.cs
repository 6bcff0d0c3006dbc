using System.Reflection;
using System.Reflection.Emit;

namespace Monolith.EventSourcing.Tests.Model;

/// <summary>Classes made at run time: declarations that no compiled assembly of ours should hold, because models are made of whole assemblies.</summary>
internal static class Declared
{
    private static readonly ModuleBuilder Module = AssemblyBuilder
        .DefineDynamicAssembly(new AssemblyName("Declared"), AssemblyBuilderAccess.Run)
        .DefineDynamicModule("Declared");

    private static int count;

    public static Type Event(string name, short version = 1, string[]? aliases = null, Type? parent = null)
    {
        var type = Class(parent ?? typeof(object));
        var attribute = typeof(EventTypeAttribute);
        type.SetCustomAttribute(new CustomAttributeBuilder(
            attribute.GetConstructor([typeof(string)])!,
            [name],
            [attribute.GetProperty(nameof(EventTypeAttribute.Version))!, attribute.GetProperty(nameof(EventTypeAttribute.Aliases))!],
            [version, aliases ?? []]));
        AddConstructor(type, typeof(int));
        return type.CreateType();
    }

    public static Type Aggregate(string name, int snapshotEvery = 100, Type? parent = null) =>
        Aggregate(name, nameof(AggregateTypeAttribute.SnapshotEvery), snapshotEvery, parent);

    public static Type Aggregate(string name, string property, int value, Type? parent = null)
    {
        var type = Class(parent ?? typeof(Aggregate<LampState>));
        type.SetCustomAttribute(new CustomAttributeBuilder(
            typeof(AggregateTypeAttribute).GetConstructor([typeof(string)])!, [name], [typeof(AggregateTypeAttribute).GetProperty(property)!], [value]));
        AddConstructor(type, typeof(Guid));
        return type.CreateType();
    }

    // One that passes its argument on to the parent, where the parent takes such an argument.
    private static void AddConstructor(TypeBuilder type, Type argument)
    {
        if (type.BaseType!.GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, [argument]) is { } parents)
        {
            var code = type.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, [argument]).GetILGenerator();
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Call, parents);
            code.Emit(OpCodes.Ret);
        }
    }

    private static TypeBuilder Class(Type parent) =>
        Module.DefineType($"Declared{Interlocked.Increment(ref count)}", TypeAttributes.Public | TypeAttributes.Class, parent);
}
