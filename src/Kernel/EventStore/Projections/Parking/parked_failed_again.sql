-- $1 projection, $2 shard, $3 position, $4 error
update eventstore.projection_parked
set attempts = attempts + 1, error = $4, retry_at = null
where projection = $1
  and shard = $2
  and position = $3
