-- The checkpoints of the rebuild take the place of the live ones; writers of either find that theirs is gone.
-- $1 projection, $2 now
with rebuilt as (
  delete from eventstore.projection_checkpoints
  where projection = $1 and slot = 'shadow'
  returning *
)
update eventstore.projection_checkpoints k
set
  version = r.version,
  position = r.position,
  rebuilding_to = null,
  owner = r.owner,
  fence = greatest(k.fence, r.fence) + 1,
  events = r.events,
  events_total = null,
  started_at = r.started_at,
  crashes = 0,
  trying = null,
  tries = 0,
  updated_at = $2
from rebuilt r
where k.projection = r.projection
  and k.slot = 'live'
  and k.shard = r.shard
