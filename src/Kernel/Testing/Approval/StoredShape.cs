using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Monolith.EventSourcing;

namespace Monolith.Testing;

/// <summary>
/// The shape of an event as a list of its members, made of the contract by which it is written and read. Its JSON schema would not do: there an int and a
/// long are the same, and a type with a converter of its own is nothing at all.
/// </summary>
internal sealed class StoredShape
{
    private readonly List<StoredMember> members = [];
    private readonly Dictionary<Type, string> around = [];

    /// <summary>The members, in the order of their paths.</summary>
    public static IReadOnlyList<StoredMember> Of(Type type)
    {
        var shape = new StoredShape();
        shape.Walk(type, new("", "", IsNullable: false, IsOptional: false));
        return [.. shape.members.OrderBy(member => member.Path, StringComparer.Ordinal)];
    }

    private static JsonTypeInfo Contract(Type type) => EventJson.Options.GetTypeInfo(type);

    private void Walk(Type type, StoredMember member)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        var contract = Contract(type);
        if (contract.Kind == JsonTypeInfoKind.None)
        {
            Add(member with { Type = NameOf(type) });
            return;
        }

        if (!around.TryAdd(type, member.Path))
        {
            // It holds what it is part of.
            Add(member with { Type = around[type].Length == 0 ? "as the event" : $"as {around[type]}" });
            return;
        }

        switch (contract.Kind)
        {
            case JsonTypeInfoKind.Enumerable:
                Add(member with { Type = "list" });
                Walk(contract.ElementType!, Part(contract.ElementType!, member.Path + "[]"));
                break;
            case JsonTypeInfoKind.Dictionary:
                Add(member with { Type = contract.KeyType == typeof(string) ? "map" : $"map by {NameOf(contract.KeyType!)}" });
                Walk(contract.ElementType!, Part(contract.ElementType!, member.Path + "{}"));
                break;
            case JsonTypeInfoKind.Object when contract.PolymorphismOptions is { } forms:
                Add(member with { Type = $"one of several by {StoredMember.Token(forms.TypeDiscriminatorPropertyName)}" });
                Forms(contract, forms, member.Path);
                break;
            default:
                Add(member with { Type = "object" });
                Members(contract, member.Path);
                break;
        }

        around.Remove(type);
    }

    private void Forms(JsonTypeInfo contract, JsonPolymorphismOptions forms, string path)
    {
        var known = forms.DerivedTypes.Select(derived => (Type: derived.DerivedType, Name: derived.TypeDiscriminator?.ToString() ?? "")).ToList();
        if (!contract.Type.IsAbstract && !known.Exists(form => form.Type == contract.Type))
        {
            known.Add((contract.Type, ""));
        }

        foreach (var (type, name) in known)
        {
            var form = new StoredMember($"{path}({StoredMember.Token(name)})", "form", IsNullable: false, IsOptional: true);
            members.Add(form);
            var isOuter = around.TryAdd(type, form.Path);
            Members(Contract(type), form.Path);
            if (isOuter)
            {
                around.Remove(type);
            }
        }
    }

    private void Members(JsonTypeInfo contract, string path)
    {
        foreach (var property in contract.Properties)
        {
            if (property.IsExtensionData)
            {
                members.Add(new(path + "{}", "whatever else there is", IsNullable: true, IsOptional: true));
            }
            else if (property.Get is not null)
            {
                var name = StoredMember.Token(property.Name);
                var member = new StoredMember(path.Length == 0 ? name : $"{path}.{name}", "", MayBeNull(property), MayBeMissing(property));
                if (property.CustomConverter is { } converter)
                {
                    Add(member with { Type = $"{NameOf(property.PropertyType)} by {NameOf(converter.GetType())}" });
                }
                else
                {
                    Walk(property.PropertyType, member);
                }
            }
        }
    }

    // The event itself is no member.
    private void Add(StoredMember member)
    {
        if (member.Path.Length > 0)
        {
            members.Add(member);
        }
    }

    private static StoredMember Part(Type type, string path) =>
        new(path, "", !type.IsValueType || Nullable.GetUnderlyingType(type) is not null, IsOptional: false);

    private static bool MayBeNull(JsonPropertyInfo property) => property.PropertyType.IsValueType
        ? Nullable.GetUnderlyingType(property.PropertyType) is not null
        : property.AssociatedParameter?.IsNullable ?? property.IsSetNullable;

    private static bool MayBeMissing(JsonPropertyInfo property) =>
        !property.IsRequired && property.AssociatedParameter is not { HasDefaultValue: false, IsMemberInitializer: false };

    private static string NameOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum ? StoredMember.EnumOf(Enum.GetValues(type).Cast<object>().Select(value => WordOf(value, type)))
            : type.IsArray ? NameOf(type.GetElementType()!) + "[]"
            : type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
            : type.Name;
    }

    private static string WordOf(object value, Type type) => JsonSerializer.SerializeToNode(value, type, EventJson.Options)!.ToString();
}
