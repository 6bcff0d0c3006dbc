-- Asks to try parked events again, live and in a rebuild: the one at a position, or all of a projection.
-- $1 projection, $2 position or null, $3 now
update eventstore.projection_parked
set retry_at = $3
where projection = $1
  and error is not null
  and ($2 is null or position = $2)
