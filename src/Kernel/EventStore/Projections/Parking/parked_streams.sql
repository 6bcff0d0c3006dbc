-- The aggregates of which events are parked.
-- $1 projection, $2 shard
select distinct tenant_id, aggregate_type, aggregate_id
from eventstore.projection_parked
where projection = $1
  and shard = $2
