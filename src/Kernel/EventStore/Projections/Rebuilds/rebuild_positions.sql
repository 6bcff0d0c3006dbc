-- $1 projection
select shard, position
from eventstore.projection_checkpoints
where projection = $1
  and slot = 'shadow'
