using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Tests that drop a tenant which has left traces everywhere.</summary>
public abstract class TenantDropTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    /// <summary>The tenant that is dropped.</summary>
    protected const string Umbrella = "umbrella";

    /// <summary>An append that takes a claim.</summary>
    protected static AppendRequest Joining(StreamId member) =>
        new(member, ExpectedVersion.None, [NewEvent.Of(new Joined("ann@example.org"))]) { Claims = new([new("email", "ann@example.org")], []) };

    /// <summary>Of everything that is stored by tenants something: 154 events, two snapshots, a claim, and what projections keep.</summary>
    protected async Task<StreamId[]> Fill(ConformanceStore store, string tenant, TenantPlacement? placement, StreamId[]? like = null)
    {
        if (placement is { } wanted)
        {
            await store.Store.Tenants.Add(tenant, wanted, Ct);
        }

        StreamId[] streams = like is null
            ? [NewTally(tenant), NewOrder(tenant), NewMember(tenant)]
            : [.. like.Select(stream => stream with { TenantId = tenant })];
        await store.Append(streams[0], ExpectedVersion.None, Counts(1, 150), Ct);
        await store.Append(streams[1], ExpectedVersion.None, [NewEvent.Of(new OrderRemarked("one")), NewEvent.Of(new OrderRemarked("two"))], Ct);
        await store.Store.Archive(streams[1], ExpectedVersion.Any, Ct);
        await store.Store.Append(Joining(streams[2]), Ct);
        await store.Store.DrainSnapshots(Ct);
        await store.Append(NewTally(tenant), ExpectedVersion.None, Counts(1, 1), Ct);
        await store.Execute(
            $"""
            insert into eventstore.projection_checkpoints (projection, shard, version, position, start_position, started_at, updated_at)
            select 'tests.views', shard, 1, 0, 0, now(), now() from eventstore.shards
            on conflict do nothing;
            insert into eventstore.projection_parked (
              projection, slot, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, attempts, error, parked_at
            )
            select 'tests.views', 'live', shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, 1, 'poison', now()
            from eventstore.events where tenant_id = '{tenant}' and version = 150;
            insert into eventstore.projection_skipped (
              projection, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, reason, skipped_by, skipped_at
            )
            select 'tests.views', shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, 'old', 'me', now()
            from eventstore.events where tenant_id = '{tenant}' and version = 149
            """,
            Ct);
        return streams;
    }

    /// <summary>Every host refuses the tenant, whatever it is asked.</summary>
    protected async Task IsUnknown(ConformanceStore host, StreamId stream)
    {
        await Assert.ThrowsAsync<UnknownTenantException>(() => host.Append(stream, ExpectedVersion.Any, Counts(9, 9), Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => host.Store.AppendMany([new(stream, ExpectedVersion.Any, Counts(9, 9))], Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => host.Read(stream, StreamRange.All, Ct).AsTask());
        await Assert.ThrowsAsync<UnknownTenantException>(() => host.Store.Load<TallyState>(stream, ct: Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => host.ReadFeed(new() { TenantId = stream.TenantId }, Ct).AsTask());
    }

    /// <summary>What would be a trace: a shard of the pool is none.</summary>
    protected static string[] Names(string shard) => shard.StartsWith("pool_", StringComparison.Ordinal) ? [Umbrella] : [Umbrella, shard, shard + "_archive"];

    /// <summary>The shard that a tenant lies in.</summary>
    protected Task<string> ShardOf(ConformanceStore store, string tenant) =>
        store.Scalar<string>($"select shard from eventstore.tenants where tenant_id = '{tenant}'", Ct);

    /// <summary>Runs SQL on a connection.</summary>
    protected async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
