using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EndToEnd.Tests;

/// <summary>Looks through every table of every schema for a tenant, whoever writes it and in whatever form: text, JSON, arrays, or the bytes of a message.</summary>
internal static class TenantTraces
{
    private const string Tables =
        """
        select format('%I.%I', n.nspname, c.relname)
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'm')
          and n.nspname !~ '^pg_|^information_schema$'
        order by 1
        """;

    /// <summary>The tables that have rows with the tenant's id, each with how many and what they hold, in short.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> Of(NpgsqlDataSource dataSource, string tenantId, CancellationToken ct)
    {
        var traces = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in await dataSource.Column<string>(Tables, ct))
        {
            var trace = await dataSource.Scalar<string>(
                $"""
                select count(*) || ' ' || coalesce(md5(string_agg(r, ',' order by r)), '')
                from (select t::text from {table} t) as rows (r)
                where r like '%{tenantId}%'
                   or r like '%{Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(tenantId))}%'
                """,
                ct);
            if (trace != "0 ")
            {
                traces.Add(table, trace);
            }
        }

        return traces;
    }
}
