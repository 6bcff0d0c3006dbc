using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Weasel.Core;
using Weasel.Postgresql.Tables;

namespace Monolith.Hosting;

/// <summary>Registers what keeps the answers of requests that were sent with a key.</summary>
internal static class IdempotencySetup
{
    internal const string OfTenants = $"{MessagingSetup.Schema}.idempotent_requests";
    internal const string OfOperators = $"{MessagingSetup.Schema}.operator_requests";
    internal const string TenantColumn = "tenant_id";
    internal const string OperatorColumn = "operator_name";

    public static void AddIdempotency(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IdempotentRequests>();
        services.AddHostedService<RequestExpiry>();
    }

    /// <summary>The tables. A tenant that is dropped takes its rows along.</summary>
    public static void AddIdempotentRequests(this StoreOptions documents)
    {
        var ofTenants = new Table(OfTenants);
        ofTenants.AddColumn(TenantColumn, "text").AsPrimaryKey()
            .ForeignKeyTo(new Table("eventstore.tenants"), TenantColumn, "idempotent_requests_tenant_fkey", CascadeAction.Cascade, CascadeAction.NoAction);
        documents.Storage.ExtendedSchemaObjects.Add(WithRequests(ofTenants));

        var ofOperators = new Table(OfOperators);
        ofOperators.AddColumn(OperatorColumn, "text").AsPrimaryKey();
        documents.Storage.ExtendedSchemaObjects.Add(WithRequests(ofOperators));
    }

    private static Table WithRequests(Table table)
    {
        table.AddColumn("key", "text").AsPrimaryKey();
        table.AddColumn("fingerprint", "bytea").NotNull();
        table.AddColumn("request_id", "uuid").NotNull();
        table.AddColumn("since_position", "bigint").NotNull();
        table.AddColumn("leased_until", "timestamptz").NotNull();
        table.AddColumn("kept_until", "timestamptz").NotNull();
        table.AddColumn("status", "smallint");
        table.AddColumn("headers", "jsonb");
        table.AddColumn("body", "bytea");
        table.PrimaryKeyName = $"{table.Identifier.Name}_pkey";
        table.Indexes.Add(new IndexDefinition($"{table.Identifier.Name}_kept_until_idx") { Columns = ["kept_until"] });
        return table;
    }
}
