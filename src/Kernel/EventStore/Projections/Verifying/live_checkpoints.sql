-- How far the live rows of a projection are on each shard, and where they began. Rows that appends write hold
-- everything that the snapshot shows, whatever else may still commit before it.
-- $1 projection, $2 whether the end is asked for
select
  shard, version, start_position,
  case when inline and $2 then (select last_value from eventstore.position) else position end
from eventstore.projection_checkpoints
where projection = $1
  and slot = 'live'
order by shard
