using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Waits for the end of moves: however many appends wait for a tenant, one looks for all of them. A mover that dies leaves its tenant behind as
/// moving, and whoever looks ends that.
/// </summary>
/// <remarks>
/// A mover says that the tenant is moving while its own transaction, which holds the tenant's lock, is open; and that transaction says where the tenant lies
/// when it commits. So whoever finds the lock free and the tenant moving still knows that the transaction has ended without a commit: nothing was moved, and
/// the tenant is active where it was.
/// </remarks>
internal sealed class MoveWaiting(NpgsqlDataSource dataSource, TimeProvider time, EventStoreOptions options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Watch> watches = new(StringComparer.Ordinal);

    /// <summary>Returns when the tenant is not being moved (any more).</summary>
    /// <exception cref="EventSourcing.TenantMovingException">It still is after <see cref="EventStoreOptions.LongestTenantMove"/>.</exception>
    public async Task UntilEnded(string tenantId, CancellationToken ct)
    {
        var watch = Join(tenantId);
        try
        {
            await watch.Ended.WaitAsync(options.LongestTenantMove, time, ct);
        }
        catch (TimeoutException)
        {
            throw new EventSourcing.TenantMovingException(tenantId);
        }
        finally
        {
            await Leave(tenantId, watch);
        }
    }

    /// <summary>How the tenant stands, after a move of it was ended whose mover is gone; null when there is no such tenant.</summary>
    public static async Task<(string Shard, TenantStatus Status)?> EndAbandoned(string tenantId, Func<string, NpgsqlCommand> commandOf, CancellationToken ct)
    {
        await using var command = commandOf(Statements.Text("end_abandoned_move.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
        await using var reader = await PostgresErrors.Translate(command.ExecuteReaderAsync(ct));
        return await reader.ReadAsync(ct) ? (reader.GetString(0), Tenants.StatusOf(reader.GetString(1))) : null;
    }

    /// <summary>What a mover does when it is done, well or not. If the database cannot be reached now, whoever waits does it.</summary>
    public async Task EndAbandoned(string tenantId)
    {
        try
        {
            await EndAbandoned(tenantId, dataSource.CreateCommand, CancellationToken.None);
        }
        catch (Exception outage) when (Failures.IsOutage(outage))
        {
            // It is abandoned then, in the sense of this class.
        }
    }

    private Watch Join(string tenantId)
    {
        lock (gate)
        {
            if (!watches.TryGetValue(tenantId, out var watch) || watch.Ended.IsCompleted)
            {
                watches[tenantId] = watch = new();
                watch.Ended = Task.Run(() => Look(tenantId, watch.Stopping.Token));
            }

            watch.Waiting++;
            return watch;
        }
    }

    private async ValueTask Leave(string tenantId, Watch watch)
    {
        lock (gate)
        {
            if (--watch.Waiting > 0)
            {
                return;
            }

            if (watches.GetValueOrDefault(tenantId) == watch)
            {
                watches.Remove(tenantId);
            }
        }

        await watch.Stopping.CancelAsync();
        await watch.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        watch.Stopping.Dispose();
    }

    private async Task Look(string tenantId, CancellationToken ct)
    {
        var pauses = new Backoff(TimeSpan.FromMilliseconds(4), TimeSpan.FromMilliseconds(100), time);
        for (var looks = 1; ; looks++)
        {
            try
            {
                if (await EndAbandoned(tenantId, dataSource.CreateCommand, ct) is not (_, TenantStatus.Moving))
                {
                    return;
                }
            }
            catch (Exception outage) when (Failures.IsOutage(outage))
            {
                // Those who wait have a limit of their own.
            }

            await pauses.Pause(looks, ct);
        }
    }

    private sealed class Watch
    {
        public Task Ended { get; set; } = Task.CompletedTask;

        public CancellationTokenSource Stopping { get; } = new();

        public int Waiting { get; set; }
    }
}
