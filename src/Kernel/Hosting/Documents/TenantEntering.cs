using System.Data.Common;
using Marten;
using Marten.Storage;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Weasel.Core;
using Weasel.Storage;

namespace Monolith.Hosting;

/// <summary>
/// Lets every session that stores something enter its tenant in the same round trip, so that nothing is stored of a tenant that is dropped meanwhile. A session that only
/// removes may do so for any tenant, and for none.
/// </summary>
internal sealed class TenantEntering : DocumentSessionListenerBase
{
    public override Task BeforeSaveChangesAsync(IDocumentSession session, CancellationToken token)
    {
        if (session.PendingChanges.Operations().Any(operation => operation.Role() != OperationRole.Deletion))
        {
            session.QueueOperation(new Enter(session.TenantId));
        }

        return Task.CompletedTask;
    }

    private sealed class Enter(string tenantId) : Marten.Internal.Operations.IStorageOperation
    {
        public Type DocumentType => typeof(StorageFeatures);

        public OperationRole Role() => OperationRole.Other;

        public void ConfigureCommand(Weasel.Postgresql.ICommandBuilder builder, IStorageSession session) =>
            builder.AppendWithParameters(TenantEntrance.Sql.Replace("$1", "?", StringComparison.Ordinal), '?')[0].Value = tenantId;

        public async Task PostprocessAsync(DbDataReader reader, IList<Exception> exceptions, CancellationToken token)
        {
            if (!await reader.ReadAsync(token) || !reader.GetBoolean(0))
            {
                exceptions.Add(new UnknownTenantException(tenantId));
            }
        }
    }
}
