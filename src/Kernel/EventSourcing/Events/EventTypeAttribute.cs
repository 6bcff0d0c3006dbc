namespace Monolith.EventSourcing;

/// <summary>Declares the name under which an event is stored. The name outlives the class: rename the class freely, never the name.</summary>
/// <param name="name">The stored name, <c>aggregate.past_tense</c>: lower-case words, digits and underscores, with one or more dots.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
public sealed class EventTypeAttribute(string name) : Attribute
{
    /// <summary>The stored name.</summary>
    public string Name { get; } = name;

    /// <summary>The version of the stored shape, from 1. Raise it when the shape changes so that an <see cref="Upcaster"/> is needed.</summary>
    public short Version { get; init; } = 1;

    /// <summary>Names under which older events of this type were stored.</summary>
    public string[] Aliases { get; init; } = [];
}
