using System.Diagnostics.Metrics;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Webhooks.Delivering;

/// <summary>What has not arrived, of all tenants, and how endpoints do.</summary>
internal sealed class DeliverySample(TimeProvider time) : IDatabaseSample
{
    internal const int MostCounted = 10_000;

    // A delivery that was not tried yet, or is to be sent again, is due since it was written. What the index on undelivered ones does not answer is of small tables.
    internal const string Statement =
        """
        with waiting as (
          select coalesce((data ->> 'nextAttemptAt')::timestamptz, mt_last_modified) as due
          from webhooks.mt_doc_delivery
          where data ->> 'status' = 'Waiting'
          limit $1
        )
        select
          (select count(*) from waiting) as waiting,
          (select count(*) from (select from webhooks.mt_doc_delivery where data ->> 'status' = 'Held' limit $1) h) as held,
          (select count(*) from (select from webhooks.mt_doc_delivery where data ->> 'status' = 'Parked' limit $1) p) as parked,
          (select coalesce(greatest(extract(epoch from $2 - min(due)), 0), 0)::float8 from waiting) as overdue,
          (select count(*) from webhooks.mt_doc_endpointview where (data ->> 'isPaused')::boolean) as paused,
          (
            select count(*)
            from webhooks.mt_doc_endpointview e
            join webhooks.mt_doc_endpointhealth h using (tenant_id, id)
            where h.data ->> 'failingSince' is not null
          ) as failing
        """;

    private (long Waiting, long Held, long Parked, double Overdue, long Paused, long Failing) now;

    public void Describe(Meter meter)
    {
        meter.CreateObservableGauge(
            "monolith.webhooks.deliveries",
            () => (Measurement<long>[])[Of("waiting", now.Waiting), Of("held", now.Held), Of("parked", now.Parked)],
            "{delivery}",
            "Deliveries that have not arrived, by status: waiting for an attempt, held for a paused endpoint, or parked; each counted up to 10,000.");
        meter.CreateObservableGauge("monolith.webhooks.overdue", () => now.Overdue, "s", "How late the attempt is that should have been made first; of up to 10,000 deliveries that wait.");
        meter.CreateObservableGauge("monolith.webhooks.endpoints.paused", () => now.Paused, "{endpoint}", "Endpoints that are paused, by somebody or by themselves.");
        meter.CreateObservableGauge("monolith.webhooks.endpoints.failing", () => now.Failing, "{endpoint}", "Endpoints whose last attempt failed.");
    }

    public async Task Take(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statement, connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = MostCounted });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = time.GetUtcNow() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        now = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetDouble(3), reader.GetInt64(4), reader.GetInt64(5));
    }

    private static Measurement<long> Of(string status, long count) => new(count, new KeyValuePair<string, object?>("status", status));
}
