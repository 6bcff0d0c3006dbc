namespace Monolith.Testing.Conformance;

/// <summary>What the tables hold, whatever the store says.</summary>
public static class StoredTraces
{
    /// <summary>The tables of which a row holds one of some names, or which are called after one.</summary>
    public static async Task<List<string>> Traces(this ConformanceStore store, CancellationToken ct, params IReadOnlyList<string> names)
    {
        var found = new List<string>();
        foreach (var table in await store.Column<string>(
            "select relname::text from pg_class where relnamespace = 'eventstore'::regnamespace and relkind in ('r', 'v', 'm') order by 1", ct))
        {
            foreach (var name in names)
            {
                if (await store.Scalar<bool>($"select exists (select from eventstore.{table} t where position('\"{name}\"' in to_jsonb(t)::text) > 0)", ct))
                {
                    found.Add($"{table}: {name}");
                }

                if (table.EndsWith("_" + name, StringComparison.Ordinal))
                {
                    found.Add(table);
                }
            }
        }

        return found;
    }

    /// <summary>The rows of all tables that belong to a tenant, each with the name of its table.</summary>
    public static async Task<List<string>> RowsOf(this ConformanceStore store, string tenant, CancellationToken ct)
    {
        var rows = new List<string>();
        foreach (var table in await store.Column<string>(
            """
            select relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
            where relnamespace = 'eventstore'::regnamespace and relkind = 'r' order by 1
            """,
            ct))
        {
            rows.AddRange(await store.Column<string>($"select '{table} ' || to_jsonb(t)::text from eventstore.{table} t where tenant_id = '{tenant}' order by 1", ct));
        }

        return rows;
    }
}
