-- Batches on their way end first, later ones wait. In the order in which rebuilds lock them too.
-- $1 shards
select projection
from eventstore.projection_checkpoints
where shard = any ($1)
order by projection, slot, shard
for update
