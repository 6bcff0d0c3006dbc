-- load.sql as of a time. recorded_at never runs backward within a stream, so the first snapshot recorded later bounds the events to look at.
-- $1 tenant_id, $2 aggregate_id, $3 snapshot schema number, $4 snapshot fingerprint, $5 the time, $6 highest snapshot version
with snapshot as materialized (
  select version, state, recorded_at
  from eventstore.{snapshots}
  where tenant_id = $1
    and aggregate_id = $2
    and version <= $6
    and recorded_at <= $5
    and schema_number = $3
    and fingerprint = $4
  order by version desc
  limit 1
),
tenant as materialized (
  select from eventstore.tenants
  where tenant_id = $1 and shard = '{shard}' and status in ('active', 'moving')
)
select version, null as event_type, null as event_version, state as data, recorded_at
from snapshot
where exists (select from tenant)
union all
(
  select version, event_type, event_version, data, null
  from eventstore.{events}
  where tenant_id = $1
    and aggregate_id = $2
    and version > coalesce((select version from snapshot), 0)
    and version <= coalesce(
      (
        select version
        from eventstore.{snapshots}
        where tenant_id = $1 and aggregate_id = $2 and recorded_at > $5
        order by version
        limit 1
      ),
      9223372036854775807
    )
    and recorded_at <= $5
    and exists (select from tenant)
  order by version
)
