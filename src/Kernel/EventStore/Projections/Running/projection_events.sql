-- A part of the feed in position order, from the leaves that {filter} names: each has an index on position.
-- $1 after this position, $2 up to and including this one, $3 the most rows, and where {filter} asks for them $4 aggregate types, $5 shards
select
  position, version, recorded_at, event_id, aggregate_id, event_version, tenant_id, aggregate_type, event_type, metadata, data, shard
from eventstore.{events}
where position > $1
  and position <= $2
  {filter}
order by position
limit $3
