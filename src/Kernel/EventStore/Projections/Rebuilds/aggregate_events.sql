-- The events of one aggregate id, of several types where a view is fed by several.
-- $1 tenant, $2 aggregate, $3 aggregate types, $4 after this position, $5 up to and including this one, $6 the most rows, $7 shard and its archive
select
  position, version, recorded_at, event_id, aggregate_id, event_version, tenant_id, aggregate_type, event_type, metadata, data, shard
from eventstore.events
where tenant_id = $1
  and aggregate_id = $2
  and aggregate_type = any ($3)
  and shard = any ($7)
  and position > $4
  and position <= $5
order by position
limit $6
