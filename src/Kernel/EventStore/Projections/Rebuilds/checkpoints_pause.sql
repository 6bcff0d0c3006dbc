-- $1 projection, $2 slot, $3 paused, $4 now
update eventstore.projection_checkpoints
set paused = $3, updated_at = $4
where projection = $1
  and slot = $2
