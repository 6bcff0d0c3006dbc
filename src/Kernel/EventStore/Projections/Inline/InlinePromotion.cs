using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// What is different when a rebuild takes the place of live rows that appends write, or will write. They have no checkpoint that says how far they are: they
/// hold everything that is stored. So appends wait from here to the end of the transaction, and the shadow has to hold everything too.
/// </summary>
internal sealed class InlinePromotion
{
    private readonly NpgsqlConnection connection;
    private readonly string[] aggregateTypes;
    private readonly long? end;

    private InlinePromotion(NpgsqlConnection connection, IReadOnlyList<string> aggregateTypes, long? end, bool isRefused) =>
        (this.connection, this.aggregateTypes, this.end, IsRefused) = (connection, [.. aggregateTypes], end, isRefused);

    /// <summary>Whether events of the rebuild are parked: appends would go on from views that lack them.</summary>
    public bool IsRefused { get; }

    /// <summary>Waits for the appends on their way that write the rows, and keeps others waiting.</summary>
    public static async Task<InlinePromotion> Begin(
        NpgsqlConnection connection, Projection projection, IReadOnlyList<string> aggregateTypes, CancellationToken ct)
    {
        if (!projection.IsInline && !await Exists(connection, "inline_versions.sql", Parameters.Of(new[] { projection.Name }), ct))
        {
            return new(connection, aggregateTypes, end: null, isRefused: false);
        }

        await using (var exclude = Command(connection, "inline_exclude.sql", Parameters.Of(projection.Name)))
        {
            await exclude.ExecuteNonQueryAsync(ct);
        }

        await using var last = Command(connection, "last_position.sql");
        return new(
            connection,
            aggregateTypes,
            (long)(await last.ExecuteScalarAsync(ct))!,
            projection.IsInline && await Exists(connection, "inline_parked.sql", Parameters.Of(projection.Name), ct));
    }

    /// <summary>How far the shadow has to be, shard by shard, given how far the live rows are.</summary>
    public Dictionary<string, long> Ends(Dictionary<string, long> live) =>
        end is { } all ? live.ToDictionary(row => row.Key, _ => all, StringComparer.Ordinal) : live;

    /// <summary>Whether the shadow is there. Where appends are kept waiting, nothing that it reads may lie between; of other events it need not have heard.</summary>
    public async Task<bool> Passed(Dictionary<string, long> shadow, Dictionary<string, long> ends, CancellationToken ct)
    {
        foreach (var (shard, position) in ends)
        {
            if (!shadow.TryGetValue(shard, out var reached) || (reached < position && (end is null || await AreBetween(shard, reached, position, ct))))
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> AreBetween(string shard, long after, long upTo, CancellationToken ct)
    {
        await using var command = Command(
            connection, "events_between.sql", Parameters.Of(after), Parameters.Of(upTo), Parameters.Of(aggregateTypes), Parameters.Of(new[] { shard, Leaf.ArchiveOf(shard) }));
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task<bool> Exists(NpgsqlConnection connection, string file, NpgsqlParameter parameter, CancellationToken ct)
    {
        await using var command = Command(connection, file, parameter);
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string file, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(Statements.Text(file), connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
