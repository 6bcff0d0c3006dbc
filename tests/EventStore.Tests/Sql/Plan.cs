using System.Text.Json.Nodes;
using Monolith.Testing;
using Npgsql;

namespace Monolith.EventStore.Tests.Sql;

/// <summary>What the plan of a statement does with the events and the snapshots.</summary>
internal sealed class Plan
{
    private readonly JsonNode json;
    private readonly List<JsonObject> nodes = [];

    private Plan(JsonNode json)
    {
        this.json = json;
        Collect(json[0]!["Plan"]!.AsObject());
        Reads = nodes.FindAll(node => (string?)node["Relation Name"] is { } table
            && (table.StartsWith("events", StringComparison.Ordinal) || table.StartsWith("snapshots", StringComparison.Ordinal))
            && (string)node["Node Type"]! != "ModifyTable");
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public List<string> Nodes => nodes.ConvertAll(node => (string)node["Node Type"]!);

    public List<string> Indexes => [.. Reads.Select(node => (string?)node["Index Name"] ?? "none")];

    /// <summary>Also those that are read into a bitmap.</summary>
    public List<string> AllIndexes => [.. nodes.Select(node => (string?)node["Index Name"]).OfType<string>()];

    /// <summary>How events and snapshots are read.</summary>
    public List<string> Scans => Reads.ConvertAll(node => (string)node["Node Type"]!);

    private List<JsonObject> Reads { get; }

    /// <summary>The plans of a statement: for the values at hand (only where the leaves are analyzed), and for all values.</summary>
    public static async Task<List<Plan>> Of(TestDatabase database, string statement, bool analyzed, string types, string values)
    {
        var plans = new List<Plan>();
        foreach (var mode in analyzed ? (string[])["force_custom_plan", "force_generic_plan"] : ["force_generic_plan"])
        {
            plans.Add(await Of(database, statement, mode, types, values));
        }

        return plans;
    }

    public static async Task<Plan> Of(TestDatabase database, string statement, string mode, string types, string values)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(Ct);
        await Execute(connection, $"prepare planned ({types}) as {statement}");
        await Execute(connection, $"set plan_cache_mode = {mode}");

        // Arguments may hold no query, so they are computed before.
        await using var arguments = new NpgsqlCommand($"select {string.Join(" || ', ' || ", Arguments(values).Select(value => $"quote_nullable({value})"))}", connection);
        await using var explain = new NpgsqlCommand($"explain (format json) execute planned ({await arguments.ExecuteScalarAsync(Ct)})", connection);
        var plan = new Plan(JsonNode.Parse((string)(await explain.ExecuteScalarAsync(Ct))!)!);
        await Execute(connection, "deallocate planned");
        return plan;
    }

    public void RequireIndexes(bool maySort)
    {
        Assert.True(Scans.TrueForAll(scan => scan is "Index Scan" or "Index Only Scan"), this + json.ToJsonString());
        Assert.True(maySort || !Nodes.Exists(node => node.Contains("Sort", StringComparison.Ordinal)), this + json.ToJsonString());
    }

    public override string ToString() => $"{string.Join(" > ", Nodes)}: ";

    // Split at the commas that stand outside all brackets.
    private static IEnumerable<string> Arguments(string values)
    {
        var (depth, start) = (0, 0);
        for (var i = 0; i < values.Length; i++)
        {
            depth += values[i] is '(' or '[' or '{' ? 1 : values[i] is ')' or ']' or '}' ? -1 : 0;
            if (values[i] == ',' && depth == 0)
            {
                yield return values[start..i];
                start = i + 1;
            }
        }

        yield return values[start..];
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private void Collect(JsonObject node)
    {
        nodes.Add(node);
        foreach (var child in node["Plans"]?.AsArray() ?? [])
        {
            Collect(child!.AsObject());
        }
    }
}
