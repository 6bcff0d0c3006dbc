-- Moves checkpoints over events that their projections do not read: many at once, none of which changes a read model. One that is locked,
-- because a batch is on its way or a rebuild is being promoted, is left for the next time.
-- $1 projections, $2 slots, $3 shards, $4 fences, $5 positions before, $6 positions after, $7 now
update eventstore.projection_checkpoints c
set
  position = free.after,
  rebuilding_to = case when c.rebuilding_to > free.after then c.rebuilding_to end,
  updated_at = $7
from (
  select k.projection, k.slot, k.shard, m.after
  from eventstore.projection_checkpoints k
  join unnest($1, $2, $3, $4, $5, $6) as m (projection, slot, shard, fence, before, after)
    on m.projection = k.projection and m.slot = k.slot and m.shard = k.shard
  where k.fence = m.fence
    and k.position = m.before
  for update of k skip locked
) free
where c.projection = free.projection
  and c.slot = free.slot
  and c.shard = free.shard
returning c.projection, c.slot, c.shard
