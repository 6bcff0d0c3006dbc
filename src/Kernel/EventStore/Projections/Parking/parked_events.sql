-- Stored events by their positions, of one type in one shard.
-- $1 positions
select
  position, version, recorded_at, event_id, aggregate_id, event_version, tenant_id, aggregate_type, event_type, metadata, data, shard
from eventstore.{events}
where position = any ($1)
  {filter}
order by position
