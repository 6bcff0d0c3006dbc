using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Weasel.Core;
using Weasel.Postgresql.Tables;

namespace Monolith.Hosting;

/// <summary>Registers what keeps the answers of requests that were sent with a key.</summary>
internal static class IdempotencySetup
{
    public static void AddIdempotency(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IdempotentRequests>();
        services.AddHostedService<RequestExpiry>();
    }

    /// <summary>The table. A tenant that is dropped takes its rows along.</summary>
    public static void AddIdempotentRequests(this StoreOptions documents)
    {
        var table = new Table($"{MessagingSetup.Schema}.idempotent_requests");
        table.AddColumn("tenant_id", "text").AsPrimaryKey()
            .ForeignKeyTo(new Table("eventstore.tenants"), "tenant_id", "idempotent_requests_tenant_fkey", CascadeAction.Cascade, CascadeAction.NoAction);
        table.AddColumn("key", "text").AsPrimaryKey();
        table.AddColumn("fingerprint", "bytea").NotNull();
        table.AddColumn("request_id", "uuid").NotNull();
        table.AddColumn("since_position", "bigint").NotNull();
        table.AddColumn("leased_until", "timestamptz").NotNull();
        table.AddColumn("kept_until", "timestamptz").NotNull();
        table.AddColumn("status", "smallint");
        table.AddColumn("headers", "jsonb");
        table.AddColumn("body", "bytea");
        table.PrimaryKeyName = "idempotent_requests_pkey";
        table.Indexes.Add(new IndexDefinition("idempotent_requests_kept_until_idx") { Columns = ["kept_until"] });
        documents.Storage.ExtendedSchemaObjects.Add(table);
    }
}
