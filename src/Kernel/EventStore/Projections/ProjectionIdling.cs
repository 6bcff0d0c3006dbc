using Npgsql;

namespace Monolith.EventStore.Projections;

public sealed partial class ProjectionRunner
{
    private async Task MoveIdleCheckpoints(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(options.IdleCheckpoints, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                await MoveIdle(ct);
                await MoveInline(ct);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped; the last move is made there.
        }
    }

    // The checkpoints of projections that have passed only events which they do not read: one statement for all of them, now and then.
    private async Task MoveIdle(CancellationToken ct)
    {
        ProjectionWorker[] all;
        lock (workers)
        {
            all = [.. workers.Values];
        }

        var moves = all
            .Where(worker => !worker.HasEnded && worker.Position > worker.Writer.Committed && worker.Writer.TryTakeTurn())
            .Select(worker => (Worker: worker, Before: worker.Writer.Committed, After: worker.Position))
            .ToList();
        IReadOnlySet<ProjectionShard> moved = new HashSet<ProjectionShard>();
        try
        {
            if (moves.Count > 0)
            {
                moved = await services.Checkpoints.MoveIdle([.. moves.Select(move => (move.Worker.Key, move.Worker.Fence, move.Before, move.After))], ct);
            }
        }
        catch (Exception problem) when (problem is NpgsqlException or OperationCanceledException)
        {
            // They move next time; a host that starts from the old ones only looks at foreign events again.
        }
        finally
        {
            moves.ForEach(move => move.Worker.Writer.GiveTurnBack(moved.Contains(move.Worker.Key) ? move.After : null));
        }
    }

    private async Task MoveInline(CancellationToken ct)
    {
        if (catalog.All.Where(projection => projection.IsInline).Select(projection => projection.Name).ToArray() is not { Length: > 0 } inline)
        {
            return;
        }

        try
        {
            await services.Checkpoints.MoveInline(inline, services.Tail.Position, ct);
        }
        catch (NpgsqlException)
        {
            // They move next time; only moving a tenant waits for them.
        }
    }
}
