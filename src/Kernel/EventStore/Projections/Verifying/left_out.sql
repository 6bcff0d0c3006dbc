-- The events that the live rows of a projection do not hold though their checkpoints have passed them.
-- $1 projection
select shard, position
from eventstore.projection_parked
where projection = $1
  and slot = 'live'
union
select shard, position
from eventstore.projection_skipped
where projection = $1
  and slot = 'live'
