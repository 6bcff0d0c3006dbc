-- What the rebuild could not take is what is parked from now on, and what was left out of it is what is left out.
-- $1 projection
with skipped as (
  update eventstore.projection_skipped
  set slot = 'live'
  where projection = $1
    and slot = 'shadow'
)
update eventstore.projection_parked
set slot = 'live'
where projection = $1
  and slot = 'shadow'
