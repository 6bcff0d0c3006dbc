using JasperFx.Events;
using JasperFx.Events.Projections;
using JasperFx.MultiTenancy;
using Marten;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>The ledger as Marten aggregates it.</summary>
public sealed record MartenLedger(Guid Id, string Holder, decimal Balance, int Movements)
{
    public static MartenLedger Create(IEvent<Opened> opened) => new(opened.StreamId, opened.Data.Holder, 0m, 0);

    public MartenLedger Apply(Moved moved) => this with { Balance = moved.Balance, Movements = Movements + 1 };
}

internal static class MartenStore
{
    public static async Task<DocumentStore> Open(NpgsqlDataSource dataSource, SnapshotLifecycle? snapshots, Action<StoreOptions>? projections = null)
    {
        var store = DocumentStore.For(options =>
        {
            Configure(options, dataSource, snapshots);
            projections?.Invoke(options);
        });
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        return store;
    }

    /// <summary>As its documentation recommends for speed: quick append, and the tenancy and the serializer that we have too.</summary>
    public static void Configure(StoreOptions options, NpgsqlDataSource dataSource, SnapshotLifecycle? snapshots)
    {
        options.Connection(dataSource);
        options.DatabaseSchemaName = "marten";
        options.UseSystemTextJsonForSerialization();
        options.Events.AppendMode = EventAppendMode.Quick;
        options.Events.TenancyStyle = TenancyStyle.Conjoined;
        options.Events.StreamIdentity = StreamIdentity.AsGuid;
        options.Policies.AllDocumentsAreMultiTenanted();
        options.Events.AddEventType<Opened>();
        options.Events.AddEventType<Moved>();
        if (snapshots is { } lifecycle)
        {
            options.Projections.Snapshot<MartenLedger>(lifecycle);
        }
    }
}
