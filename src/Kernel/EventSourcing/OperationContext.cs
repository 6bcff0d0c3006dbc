namespace Monolith.EventSourcing;

/// <summary>
/// For whom and why the running operation works. Flows with the asynchronous call like the current culture, so that a tenant is set once at
/// the edge and cannot be forgotten further in.
/// </summary>
/// <param name="TenantId">The tenant that the operation works for.</param>
/// <param name="Metadata">What is stored with every event of the operation.</param>
public sealed record OperationContext(string TenantId, EventMetadata Metadata)
{
    private static readonly AsyncLocal<OperationContext?> Ambient = new();

    /// <summary>
    /// What an earlier run of the same operation has stored, when it was cut off before it could say so: repositories answer it instead of deciding once more. Null when there is nothing.
    /// </summary>
    public StoredWrite? Stored { get; init; }

    /// <summary>The context of the running operation.</summary>
    /// <exception cref="InvalidOperationException">None was begun: a bug at the edge.</exception>
    public static OperationContext Current => Ambient.Value
        ?? throw new InvalidOperationException("No operation context: the edge must say for which tenant it works before it reaches the store.");

    /// <summary>The context of the running operation, or null.</summary>
    public static OperationContext? CurrentOrNull => Ambient.Value;

    /// <summary>Makes this the current context until the result is disposed, for this asynchronous flow only.</summary>
    public IDisposable Begin()
    {
        var outer = Ambient.Value;
        Ambient.Value = this;
        return new Scope(outer);
    }

    private sealed class Scope(OperationContext? outer) : IDisposable
    {
        public void Dispose() => Ambient.Value = outer;
    }
}

/// <summary>What one operation has stored.</summary>
/// <param name="AggregateType">The stored name of the aggregate's type.</param>
/// <param name="Saved">What the write did.</param>
public sealed record StoredWrite(string AggregateType, Saved Saved);
