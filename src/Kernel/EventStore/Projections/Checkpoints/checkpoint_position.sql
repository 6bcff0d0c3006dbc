-- The rows that queries see, whichever version of the projection wrote them.
-- $1 projection, $2 shard
select position
from eventstore.projection_checkpoints
where projection = $1
  and slot = 'live'
  and shard = $2
