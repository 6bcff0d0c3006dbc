-- Stored events by their positions, in one leaf.
-- $1 positions
select
  position, version, recorded_at, event_id, aggregate_id, event_version, tenant_id, aggregate_type, event_type, data, metadata, shard
from eventstore.{events}
where position = any ($1)
order by position
