-- The events of one stream, newest first. No row also when the tenant may not be read here.
-- $1 tenant_id, $2 aggregate_id, $3 lowest version, $4 highest version, $5 latest time, $6 the most rows
select
  position, version, recorded_at, event_id, aggregate_id, event_version, tenant_id, aggregate_type, event_type, metadata, data
from eventstore.{events}
where tenant_id = $1
  and aggregate_id = $2
  and version >= $3
  and version <= $4
  and recorded_at <= $5
  {filter}
  and exists (
    select from eventstore.tenants
    where tenant_id = $1 and shard = '{shard}' and status in ('active', 'moving')
  )
order by version desc
limit $6
