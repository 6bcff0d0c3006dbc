-- $1 projection
with parked as (
  delete from eventstore.projection_parked
  where projection = $1 and slot = 'shadow'
)
delete from eventstore.projection_checkpoints
where projection = $1
  and slot = 'shadow'
