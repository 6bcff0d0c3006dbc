-- A part of the feed in position order, from the leaves that {filter} names: each has an index on position, and they are merged.
-- $1 after this position, $2 up to and including this one, $3 recorded at or after, $4 the most rows
select
  position, version, recorded_at, event_id, aggregate_id, event_version, tenant_id, aggregate_type, event_type, metadata, data
from eventstore.{events}
where position > $1
  and position <= $2
  and recorded_at >= $3
  {filter}
order by position
limit $4
