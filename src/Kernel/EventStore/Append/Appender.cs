using System.Data;
using System.Diagnostics;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Appends: one statement, one round trip, committed by itself or with the caller's transaction. What the statement could not do it says in its
/// one row, and only then a second statement looks why.
/// </summary>
internal sealed class Appender
{
    // Only "any" and "exists" meet others at the same version and go on; each round at least one of them gets through.
    private const int MaxRaces = 1000;

    private readonly DomainModel model;
    private readonly Tenants tenants;
    private readonly EventStoreOptions options;
    private readonly StoreMetrics metrics;
    private readonly AppendCommands commands;
    private readonly Sender alone;
    private readonly AppendInquiry inquiry;

    public Appender(
        NpgsqlDataSource dataSource, DomainModel model, Tenants tenants, InlineViews inline, EventStoreOptions options, TimeProvider time, StoreMetrics metrics)
    {
        (this.model, this.tenants, this.options, this.metrics) = (model, tenants, options, metrics);
        commands = new(dataSource, tenants, inline, time);
        alone = options.AppendLanes == 0 ? commands.One : new AppendCoalescer(commands, options.AppendLanes).Append;
        inquiry = new(dataSource.CreateCommand);
    }

    private delegate Task<AppendOutcome> Sender(EncodedAppend append, CancellationToken ct);

    /// <summary>Appends; in the caller's transaction when there is one.</summary>
    /// <returns>The result, the version that the stream was at before, and what <see cref="EncodedAppend.BytesToLoad"/> says.</returns>
    public async Task<(AppendResult Result, long Before, long BytesToLoad)> Append(AppendRequest request, NpgsqlTransaction? transaction, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        if (EncodedAppend.Of(request, model, options) is not { } append)
        {
            var version = request.Expected.IsExact ? request.Expected.Value : 0;
            return (new(version, 0), version, 0);
        }

        try
        {
            var result = await (transaction is null ? Append(append, alone, inquiry, tenants.FindToWrite, ct) : Join(append, transaction, ct));
            metrics.Appended(append.Stream, append.Count, started);
            return (result, result.Version - append.Count, append.BytesToLoad);
        }
        catch (ConcurrencyException)
        {
            metrics.Conflicted(append.Stream);
            throw;
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }
    }

    private async Task<AppendResult> Join(EncodedAppend append, NpgsqlTransaction transaction, CancellationToken ct)
    {
        if (transaction.IsolationLevel is not (IsolationLevel.ReadCommitted or IsolationLevel.Unspecified))
        {
            throw new ArgumentException(
                $"An append has to see what is stored now, which a transaction of the level {transaction.IsolationLevel} does not: begin it as ReadCommitted.",
                nameof(transaction));
        }

        // On the caller's connection: callers that each hold one and wait for another would empty the pool.
        await tenants.ShardOf(append.Stream.TenantId, CommandOf, ct);
        return await Append(
            append,
            (append, ct) => commands.Joined(append, transaction, ct),
            new(CommandOf),
            (tenantId, ct) => tenants.FindToWrite(tenantId, CommandOf, ct),
            ct);

        NpgsqlCommand CommandOf(string sql) => new(sql, transaction.Connection, transaction);
    }

    private async Task<AppendResult> Append(
        EncodedAppend append, Sender send, AppendInquiry inquiry, Func<string, CancellationToken, Task<string>> findToWrite, CancellationToken ct)
    {
        var stream = append.Stream;
        for (var race = 0; ; race++)
        {
            try
            {
                var outcome = await send(append, ct);
                if (outcome.Position is { } position)
                {
                    return new(outcome.Actual + append.Count, position);
                }

                if (outcome.TenantOk && await inquiry.Repeated(append, outcome.Leaf, outcome.Actual, ct) is { } stored)
                {
                    return stored;
                }
            }
            catch (PostgresException error) when (race < MaxRaces && PostgresErrors.IsVersionTaken(error) && append.Request.Expected.IsExact)
            {
                if (await inquiry.Repeated(append, await commands.LeafOf(stream, ct), actual: null, ct) is { } stored)
                {
                    return stored;
                }
            }
            catch (PostgresException error) when (race < MaxRaces && PostgresErrors.IsVersionTaken(error))
            {
                continue;
            }
            catch (PostgresException error) when (race < MaxRaces && PostgresErrors.IsClaimTaken(error))
            {
                await inquiry.RefuseHeldClaims(append, error, ct);
                continue;
            }
            catch (PostgresException error) when (race < MaxRaces && PostgresErrors.IsLeafMissing(error))
            {
                await tenants.RequireElsewhere(stream.TenantId, await commands.LeafOf(stream, ct), error, ct);
            }

            // Disabled, dropped, or moved to another shard since we looked, or about to be: then this waits. Or the stream is archived.
            var leaf = Leaf.Of(stream.AggregateType, await findToWrite(stream.TenantId, ct));
            if (await inquiry.RefuseArchived(append, leaf, ct) is { } archived)
            {
                return archived;
            }
        }
    }
}
