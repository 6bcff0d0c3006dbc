namespace Monolith.Contracts;

/// <summary>Declares the name under which an integration event goes. The name outlives the class: rename the class freely, never the name.</summary>
/// <param name="name">The module and what happened, <c>users.user_registered</c>: lower-case words, digits and underscores, with one dot.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class IntegrationEventAttribute(string name) : Attribute
{
    /// <summary>The name.</summary>
    public string Name { get; } = name;
}
