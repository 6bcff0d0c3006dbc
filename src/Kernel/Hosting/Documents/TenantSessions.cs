using Marten;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>Opens Marten sessions for the tenant of the <see cref="OperationContext"/>, for whoever takes one from the container.</summary>
/// <remarks>Handlers get theirs from Wolverine, for the tenant of the message, which is the same.</remarks>
public sealed class TenantSessions(IDocumentStore store) : ISessionFactory
{
    /// <summary>A session that reads.</summary>
    /// <exception cref="InvalidOperationException">No operation runs, so there is no tenant.</exception>
    public IQuerySession QuerySession() => store.QuerySession(OperationContext.Current.TenantId);

    /// <summary>A session that reads and writes, without change tracking.</summary>
    /// <exception cref="InvalidOperationException">No operation runs, so there is no tenant.</exception>
    public IDocumentSession OpenSession() => store.LightweightSession(OperationContext.Current.TenantId);
}
