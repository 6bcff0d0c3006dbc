-- load.sql, and with each row the id of the event that is the last one folded there: it tells later whether the stream is still the same.
-- $1 tenant_id, $2 aggregate_id, $3 snapshot schema number, $4 snapshot fingerprint, $5 highest version, $6 highest snapshot version
with snapshot as materialized (
  select version, state, recorded_at
  from eventstore.{snapshots}
  where tenant_id = $1
    and aggregate_id = $2
    and version <= $6
    and schema_number = $3
    and fingerprint = $4
  order by version desc
  limit 1
),
tenant as materialized (
  select from eventstore.tenants
  where tenant_id = $1 and shard = '{shard}' and status in ('active', 'moving')
)
select
  s.version,
  null as event_type,
  null as event_version,
  s.state as data,
  s.recorded_at,
  (
    select e.event_id
    from eventstore.{events} e
    where e.tenant_id = $1 and e.aggregate_id = $2 and e.version = s.version
  ) as event_id
from snapshot s
where exists (select from tenant)
union all
(
  select version, event_type, event_version, data, null, event_id
  from eventstore.{events}
  where tenant_id = $1
    and aggregate_id = $2
    and version > coalesce((select version from snapshot), 0)
    and version <= $5
    and exists (select from tenant)
  order by version
)
