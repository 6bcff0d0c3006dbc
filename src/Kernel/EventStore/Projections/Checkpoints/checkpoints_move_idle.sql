-- Moves checkpoints over events that their projections do not read: many at once, none of which changes a read model.
-- $1 projections, $2 slots, $3 shards, $4 fences, $5 positions before, $6 positions after, $7 now
update eventstore.projection_checkpoints c
set
  position = m.after,
  rebuilding_to = case when c.rebuilding_to > m.after then c.rebuilding_to end,
  updated_at = $7
from unnest($1, $2, $3, $4, $5, $6) as m (projection, slot, shard, fence, before, after)
where c.projection = m.projection
  and c.slot = m.slot
  and c.shard = m.shard
  and c.fence = m.fence
  and c.position = m.before
returning c.projection, c.slot, c.shard
