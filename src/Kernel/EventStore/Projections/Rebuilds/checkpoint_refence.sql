-- Rows were made anew behind the checkpoint: whoever holds views that were loaded before finds out.
-- $1 projection, $2 shard, $3 now
update eventstore.projection_checkpoints
set fence = fence + 1, updated_at = $3
where projection = $1
  and slot = 'live'
  and shard = $2
