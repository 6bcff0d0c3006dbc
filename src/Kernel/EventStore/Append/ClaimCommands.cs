using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>Takes and gives back claims of several aggregates of one tenant.</summary>
internal static class ClaimCommands
{
    /// <summary>
    /// Adds the commands to a batch that is one transaction. What is given back is given back before anything is taken, so that a claim can go from
    /// one of the aggregates to another.
    /// </summary>
    public static void Add(
        NpgsqlBatchCommandCollection commands, IReadOnlyList<(StreamId Holder, Claim Claim)> taken, IReadOnlyList<(StreamId Holder, Claim Claim)> released)
    {
        if (taken.Count + released.Count > 0)
        {
            commands.Add(Command("lock_claims.sql", [.. taken, .. released]));
            commands.Add(WithHolders(Command("release_claims.sql", released), released));
            commands.Add(WithHolders(Command("take_claims.sql", taken), taken));
        }
    }

    private static NpgsqlBatchCommand Command(string file, IReadOnlyList<(StreamId Holder, Claim Claim)> claims)
    {
        var command = new NpgsqlBatchCommand(Statements.Text(file));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = claims.Count == 0 ? "" : claims[0].Holder.TenantId });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. claims.Select(claim => claim.Holder.AggregateType)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. claims.Select(claim => claim.Claim.Name)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. claims.Select(claim => claim.Claim.Value)] });
        return command;
    }

    private static NpgsqlBatchCommand WithHolders(NpgsqlBatchCommand command, IReadOnlyList<(StreamId Holder, Claim Claim)> claims)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. claims.Select(claim => claim.Holder.AggregateId)] });
        return command;
    }
}
