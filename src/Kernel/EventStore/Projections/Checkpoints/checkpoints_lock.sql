-- The checkpoints of one projection, locked: batches on their way end first, later ones wait.
-- $1 projection, $2 slots
select slot, shard, version, position, rebuilding_to is not null, inline
from eventstore.projection_checkpoints
where projection = $1
  and slot = any ($2)
order by slot, shard
for update
