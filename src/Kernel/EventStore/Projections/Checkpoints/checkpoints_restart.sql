-- Begins a projection again from its start, in the transaction that empties its read model. Owners stay, but under a new fence.
-- $1 projection, $2 version, $3 rebuilding to, $4 now
update eventstore.projection_checkpoints
set
  version = $2,
  position = start_position,
  rebuilding_to = case when $3 > start_position then $3 end,
  fence = fence + 1,
  updated_at = $4
where projection = $1
  and slot = 'live'
