-- How many events of some aggregate types there are in each shard, up to a position.
-- $1 aggregate types, $2 up to
select shard, count(*)
from eventstore.events
where aggregate_type = any ($1)
  and position <= $2
group by shard
