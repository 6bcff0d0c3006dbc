-- The aggregates of which events are parked.
-- $1 projection, $2 slot, $3 shard
select distinct tenant_id, aggregate_type, aggregate_id
from eventstore.projection_parked
where projection = $1
  and slot = $2
  and shard = $3
