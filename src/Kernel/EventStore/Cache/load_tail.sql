-- What a stream holds from the last event of a state in memory on: that event without its data, so that the reader can tell by its id that the
-- stream is the one it knows, and the events after it. No row also when the tenant may not be read here.
-- $1 tenant_id, $2 aggregate_id, $3 version of the state in memory, $4 highest version, $5 the most rows
select
  version,
  event_type,
  event_version,
  case when version > $3 then data end as data,
  event_id
from eventstore.{events}
where tenant_id = $1
  and aggregate_id = $2
  and version >= $3
  and version <= $4
  and exists (
    select from eventstore.tenants
    where tenant_id = $1 and shard = '{shard}' and status in ('active', 'moving')
  )
order by version
limit $5
