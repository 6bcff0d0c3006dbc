-- Begins a subscription again from its start. Owners stay, but under a new fence.
-- $1 projection, $2 rebuilding to, $3 now
update eventstore.projection_checkpoints
set
  position = start_position,
  rebuilding_to = case when $2 > start_position then $2 end,
  fence = fence + 1,
  events = 0,
  started_at = $3,
  updated_at = $3
where projection = $1
  and slot = 'live'
