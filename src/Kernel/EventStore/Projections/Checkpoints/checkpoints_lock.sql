-- The live checkpoints of one projection, locked: batches on their way end first, later ones wait.
-- $1 projection
select version, rebuilding_to
from eventstore.projection_checkpoints
where projection = $1
  and slot = 'live'
order by shard
for update
