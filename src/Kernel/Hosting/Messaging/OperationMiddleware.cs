using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Monolith.Contracts;
using Monolith.EventSourcing;
using Wolverine;

namespace Monolith.Hosting;

/// <summary>
/// Begins the <see cref="OperationContext"/> of a message handler, so that what it appends carries the tenant and says which command it was.
/// Called by generated code.
/// </summary>
public static class OperationMiddleware
{
    /// <summary>Begins the operation; the generated code ends it with the handler.</summary>
    public static IDisposable? Before(Envelope envelope, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var operation = OperationOf(envelope);

        // In line, the lines of the log are the request's.
        return envelope.Destination is null || operation is null || logger.BeginScope(new OperationScope(operation)) is not { } scope
            ? operation?.Begin()
            : new Both(operation.Begin(), scope);
    }

    private sealed class Both(IDisposable operation, IDisposable scope) : IDisposable
    {
        public void Dispose()
        {
            scope.Dispose();
            operation.Dispose();
        }
    }

    /// <summary>The operation that a message is handled in; null when it belongs to no tenant.</summary>
    internal static OperationContext? OperationOf(Envelope envelope)
    {
        var command = envelope.Message?.GetType().Name;

        // Invoked in line: the caller's operation goes on. A message from a queue has a destination, and an operation of its own.
        if (envelope.Destination is null && OperationContext.CurrentOrNull is { } caller && (envelope.TenantId ?? caller.TenantId) == caller.TenantId)
        {
            return caller with { Metadata = caller.Metadata with { Command = command } };
        }

        return envelope.TenantId is not { Length: > 0 } tenant ? null : new(tenant, new EventMetadata
        {
            CorrelationId = envelope.CorrelationId,
            CausationId = CauseOf(envelope)?.ToString("N"),
            Command = command,
            UserId = envelope.UserName,
            TraceId = Activity.Current?.TraceId.ToHexString() ?? MessageTrace.TraceOf(envelope.ParentId),
            SpanId = Activity.Current?.SpanId.ToHexString(),
        });
    }

    // What an integration event leads to was caused by the stored event behind it, so that events name each other, and no message that nobody keeps.
    private static Guid? CauseOf(Envelope envelope) =>
        envelope.Destination is null ? null : envelope.Message is IIntegrationEvent message ? message.Origin.EventId : envelope.Id;
}
