-- Notes the event over which a projection hung. The next worker tries it by itself, and parks it when that has happened time and again.
-- $1 projection, $2 slot, $3 shard, $4 fence, $5 position of the event, $6 now
update eventstore.projection_checkpoints
set
  tries = case when trying = $5 then tries else 1 end,
  trying = $5,
  updated_at = $6
where projection = $1
  and slot = $2
  and shard = $3
  and fence = $4
