-- $1 projection
with skipped as (
  update eventstore.projection_skipped
  set slot = 'replaced'
  where projection = $1 and slot = 'shadow'
),
parked as (
  delete from eventstore.projection_parked
  where projection = $1 and slot = 'shadow'
)
delete from eventstore.projection_checkpoints
where projection = $1
  and slot = 'shadow'
