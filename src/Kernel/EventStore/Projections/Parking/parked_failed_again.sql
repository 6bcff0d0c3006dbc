-- $1 projection, $2 slot, $3 shard, $4 position, $5 error
update eventstore.projection_parked
set attempts = attempts + 1, error = $5, retry_at = null
where projection = $1
  and slot = $2
  and shard = $3
  and position = $4
