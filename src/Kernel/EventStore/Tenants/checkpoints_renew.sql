-- Makes the owners of a shard's checkpoints start anew from what is stored, without what they have in memory. Batches on their way end first.
-- $1 shard, $2 now
update eventstore.projection_checkpoints c
set fence = c.fence + 1, updated_at = $2
from (
  select projection, slot, shard
  from eventstore.projection_checkpoints
  where shard = $1
  order by projection, slot
  for update
) k
where c.projection = k.projection
  and c.slot = k.slot
  and c.shard = k.shard
