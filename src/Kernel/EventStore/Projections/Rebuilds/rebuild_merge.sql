-- The rows of one tenant were made anew, up to where the live checkpoint stands. Whoever holds views that were loaded before finds out.
-- $1 projection, $2 shard, $3 now
with rebuilt as (
  delete from eventstore.projection_checkpoints
  where projection = $1 and slot = 'shadow' and shard = $2
)
update eventstore.projection_checkpoints
set fence = fence + 1, updated_at = $3
where projection = $1
  and slot = 'live'
  and shard = $2
