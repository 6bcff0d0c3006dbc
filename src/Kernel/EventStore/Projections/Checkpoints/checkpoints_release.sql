-- Gives checkpoints back, so that another host can take them at once.
-- $1 projections, $2 slots, $3 shards, $4 host, $5 now
update eventstore.projection_checkpoints c
set owner = null, updated_at = $5
from unnest($1, $2, $3) as r (projection, slot, shard)
where c.projection = r.projection
  and c.slot = r.slot
  and c.shard = r.shard
  and c.owner = $4
