using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// The statements of one batch of events: one round trip, one transaction. Remembers which event a statement came from. The connection is
/// opened when it is first needed, and one of the host's slots taken for it, so that a slow subscription holds neither.
/// </summary>
internal sealed class ProjectionBatch : IAsyncDisposable
{
    private readonly NpgsqlDataSource? dataSource;
    private readonly HeldSlots? slots;
    private bool holdsSlot;
    private Dictionary<NpgsqlBatchCommand, EventEnvelope>? causes;

    /// <summary>A batch that is committed by itself.</summary>
    public ProjectionBatch(NpgsqlDataSource dataSource, HeldSlots slots, Pulse pulse) => (this.dataSource, this.slots, Pulse) = (dataSource, slots, pulse);

    /// <summary>A batch of a transaction that somebody else commits.</summary>
    public ProjectionBatch(NpgsqlTransaction transaction) => (Statements.Connection, Statements.Transaction) = (transaction.Connection, transaction);

    public NpgsqlBatch Statements { get; } = new();

    /// <summary>What is written behind the statements, in the same transaction; null for nothing. Only of a batch that is committed by itself.</summary>
    public IFollowingRows? FollowedBy { get; set; }

    /// <summary>Whoever calls the projection's own code says so here.</summary>
    public Pulse Pulse { get; } = new();

    public async ValueTask<NpgsqlConnection> Connection(CancellationToken ct)
    {
        if (dataSource is null)
        {
            return Statements.Connection!;
        }

        if (!holdsSlot)
        {
            await slots!.Take(ct);
            holdsSlot = true;
        }

        return Statements.Connection ??= await dataSource.OpenConnectionAsync(ct);
    }

    public void Add(NpgsqlBatchCommand command, EventEnvelope? cause = null)
    {
        Statements.BatchCommands.Add(command);
        if (cause is not null)
        {
            (causes ??= []).Add(command, cause);
        }
    }

    /// <summary>Executes the statements: all or none.</summary>
    public async Task Execute(CancellationToken ct)
    {
        var connection = await Connection(ct);
        if (FollowedBy is null)
        {
            await Statements.ExecuteNonQueryAsync(ct);
            return;
        }

        await using var transaction = await connection.BeginTransactionAsync(ct);
        Statements.Transaction = transaction;
        await Statements.ExecuteNonQueryAsync(ct);
        await FollowedBy.Write(transaction, ct);
        try
        {
            await transaction.CommitAsync(ct);
        }
        catch
        {
            await FollowedBy.InDoubt();
            throw;
        }

        await FollowedBy.Committed();
    }

    /// <summary>The event whose statement the database refused; null when it was none's in particular.</summary>
    public EventEnvelope? CauseOf(PostgresException error) =>
        error.BatchCommand is NpgsqlBatchCommand command ? causes?.GetValueOrDefault(command) : null;

    public async ValueTask DisposeAsync()
    {
        var connection = Statements.Connection;
        await Statements.DisposeAsync();
        if (dataSource is not null && connection is not null)
        {
            await connection.DisposeAsync();
        }

        if (holdsSlot)
        {
            slots!.Give();
        }
    }
}

/// <summary>Rows that are written behind the statements of a batch, by whoever knows them.</summary>
internal interface IFollowingRows
{
    /// <summary>Writes them; the first statement has moved the checkpoint by then.</summary>
    Task Write(NpgsqlTransaction transaction, CancellationToken ct);

    /// <summary>They are stored.</summary>
    Task Committed();

    /// <summary>The commit was sent, and it is not known what became of it.</summary>
    Task InDoubt();
}
