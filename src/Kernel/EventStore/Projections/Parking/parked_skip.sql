-- Asks to leave one event out for good and to try the later ones of its aggregate.
-- $1 projection, $2 position, $3 reason, $4 who, $5 now
update eventstore.projection_parked
set skip_reason = $3, skip_by = $4, retry_at = $5
where projection = $1
  and position = $2
  and error is not null
