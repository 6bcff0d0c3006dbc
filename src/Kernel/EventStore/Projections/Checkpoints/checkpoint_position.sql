-- Rows of an older version do not count: the projection is about to be rebuilt.
-- $1 projection, $2 shard, $3 version
select position
from eventstore.projection_checkpoints
where projection = $1
  and slot = 'live'
  and shard = $2
  and version >= $3
