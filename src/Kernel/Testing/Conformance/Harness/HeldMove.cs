using Monolith.EventStore;
using Npgsql;

namespace Monolith.Testing.Conformance;

/// <summary>
/// A move that is in its last step, the one for which appends wait, until it is let go: somebody uses the checkpoints of projections, which it needs.
/// </summary>
public sealed class HeldMove : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    private HeldMove(NpgsqlConnection connection, NpgsqlTransaction transaction) => (this.connection, this.transaction) = (connection, transaction);

    /// <summary>The move.</summary>
    public Task Move { get; private set; } = Task.CompletedTask;

    /// <summary>Begins a move, and returns when it is in its last step.</summary>
    public static async Task<HeldMove> Begin(ConformanceStore host, string tenant, TenantPlacement placement, CancellationToken ct, CancellationToken cancelMove = default)
    {
        var beside = await host.Connect(ct);
        var held = new HeldMove(beside, await beside.BeginTransactionAsync(ct));
        await using var hold = new NpgsqlCommand("lock table eventstore.projection_checkpoints in row exclusive mode", beside);
        await hold.ExecuteNonQueryAsync(ct);
        held.Move = host.Store.Tenants.Move(tenant, placement, cancelMove.CanBeCanceled ? cancelMove : ct);
        await host.Until($"select status = 'moving' from eventstore.tenants where tenant_id = '{tenant}'", ct);
        return held;
    }

    /// <summary>Ends what holds it up.</summary>
    public Task LetGo(CancellationToken ct) => transaction.RollbackAsync(ct);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
        await Move.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
