-- How many events of live rows are parked, by projection.
-- $1 projections
select projection, count(*)
from eventstore.projection_parked
where projection = any ($1)
  and slot = 'live'
group by projection
