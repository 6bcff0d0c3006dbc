-- The live views of inline projections hold everything that is stored: their checkpoints follow the feed, also on shards that were added since.
-- $1 projections, $2 position, $3 now
update eventstore.projection_checkpoints c
set position = free.position, inline = true, updated_at = $3
from (
  select k.projection, k.shard, greatest(k.position, $2) as position
  from eventstore.projection_checkpoints k
  where k.projection = any ($1)
    and k.slot = 'live'
    and (k.position < $2 or not k.inline)
    and exists (
      select from eventstore.projection_checkpoints i
      where i.projection = k.projection
        and i.slot = 'live'
        and i.inline
    )
  for update of k skip locked
) free
where c.projection = free.projection
  and c.slot = 'live'
  and c.shard = free.shard
