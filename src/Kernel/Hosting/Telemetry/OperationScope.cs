using System.Collections;
using Microsoft.AspNetCore.Http;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>What every line of the log carries while an operation is under way: whose it is and what it belongs to.</summary>
internal sealed class OperationScope(OperationContext operation) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly KeyValuePair<string, object?>[] values =
    [
        new(nameof(EventMetadata.CorrelationId), operation.Metadata.CorrelationId),
        new(nameof(OperationContext.TenantId), operation.TenantId),
        new(nameof(EventMetadata.Command), operation.Metadata.Command),
    ];

    public int Count => values.Length;

    public KeyValuePair<string, object?> this[int index] => values[index];

    /// <summary>Keeps it for the line that tells of a failed request, when the operation is over.</summary>
    public void Keep(HttpContext http) => http.Items[typeof(OperationScope)] = this;

    /// <summary>The operation of a request; null when none was begun.</summary>
    public static OperationScope? Of(HttpContext http) => http.Items[typeof(OperationScope)] as OperationScope;

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(' ', values.Where(pair => pair.Value is not null).Select(pair => $"{pair.Key}:{pair.Value}"));
}
