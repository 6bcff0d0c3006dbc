-- Of which version the live views of inline projections are; no row for those that appends do not write (yet).
-- $1 projections
select projection, max(version)
from eventstore.projection_checkpoints
where projection = any ($1)
  and slot = 'live'
  and inline
group by projection
