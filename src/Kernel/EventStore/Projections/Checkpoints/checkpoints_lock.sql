-- The checkpoints of one projection, locked: batches on their way end first, later ones wait.
-- $1 projection, $2 slots, $3 shard or null for all
select slot, shard, version, position, rebuilding_to is not null, inline, tenant_id
from eventstore.projection_checkpoints
where projection = $1
  and slot = any ($2)
  and ($3 is null or shard = $3)
order by slot, shard
for update
