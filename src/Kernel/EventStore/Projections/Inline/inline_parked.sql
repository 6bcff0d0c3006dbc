-- Whether a rebuild has parked events; one row or none.
-- $1 projection
select 1
from eventstore.projection_parked
where projection = $1
  and slot = 'shadow'
limit 1
