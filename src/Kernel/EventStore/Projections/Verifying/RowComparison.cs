using System.Text.Json.Nodes;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Rows that queries see, compared with those that a replay has made: what they are as JSON, one pair for each that differs.</summary>
/// <param name="Compared">How many rows there are in either.</param>
/// <param name="Different">How many of them differ.</param>
/// <param name="Rows">The first of those, by key.</param>
public sealed record RowComparison(long Compared, long Different, IReadOnlyList<(string Key, string? Live, string? Replayed)> Rows)
{
    private const int LongestValue = 200;

    /// <summary>Reads the answer of a statement with the columns compared, different, key, live and replayed: at least one row, whose key is null when nothing differs.</summary>
    public static async Task<RowComparison> Read(NpgsqlCommand command, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        var (compared, different) = (0L, 0L);
        var rows = new List<(string, string?, string?)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            (compared, different) = (reader.GetInt64(0), reader.GetInt64(1));
            if (!reader.IsDBNull(2))
            {
                rows.Add((reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetString(4)));
            }
        }

        return new(compared, different, rows);
    }

    /// <summary>The comparison of several tables.</summary>
    internal static RowComparison Of(IReadOnlyList<RowComparison> tables, int limit) =>
        new(tables.Sum(table => table.Compared), tables.Sum(table => table.Different), [.. tables.SelectMany(table => table.Rows).Take(limit)]);

    /// <summary>The differences member by member.</summary>
    /// <param name="tenantColumn">The member of the key or the row that holds the tenant; null when there is none.</param>
    /// <param name="aggregateColumn">The member of the key or the row that holds the aggregate; null when several aggregates make one row.</param>
    internal IReadOnlyList<RowDifference> Differences(string? tenantColumn, string? aggregateColumn) => [.. Rows.Select(row =>
    {
        var (key, live, replayed) = (JsonNode.Parse(row.Key), Parse(row.Live), Parse(row.Replayed));
        return new RowDifference(
            row.Key,
            Member(tenantColumn),
            Guid.TryParse(Member(aggregateColumn), out var aggregate) ? aggregate : null,
            row.Live is null ? DifferenceKind.Missing : row.Replayed is null ? DifferenceKind.Surplus : DifferenceKind.Different,
            row.Live is null || row.Replayed is null ? [] : Members(live, replayed));

        string? Member(string? name) => name is null ? null : ((key as JsonObject)?[name] ?? (live as JsonObject)?[name] ?? (replayed as JsonObject)?[name])?.ToString();
    })];

    private static IReadOnlyList<MemberDifference> Members(JsonNode? live, JsonNode? replayed)
    {
        if (live is not JsonObject before || replayed is not JsonObject after)
        {
            return [new("", Text(live), Text(replayed))];
        }

        return
        [
            .. before.Select(member => member.Key).Union(after.Select(member => member.Key), StringComparer.Ordinal)
                .Select(name => new MemberDifference(name, before.ContainsKey(name) ? Json(before[name]) : null, after.ContainsKey(name) ? Json(after[name]) : null))
                .Where(member => member.Live != member.Replayed)
                .Select(member => member with { Live = Short(member.Live), Replayed = Short(member.Replayed) }),
        ];
    }

    private static JsonNode? Parse(string? json) => json is null ? null : JsonNode.Parse(json);

    private static string Json(JsonNode? node) => node?.ToJsonString() ?? "null";

    private static string? Text(JsonNode? node) => Short(Json(node));

    private static string? Short(string? json) => json is { Length: > LongestValue } ? json[..LongestValue] + "…" : json;
}
