-- What the rebuild could not take is what is parked from now on.
-- $1 projection
update eventstore.projection_parked
set slot = 'live'
where projection = $1
  and slot = 'shadow'
