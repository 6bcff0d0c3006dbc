-- The projections that are being rebuilt.
select distinct projection
from eventstore.projection_checkpoints
where slot = 'shadow'
