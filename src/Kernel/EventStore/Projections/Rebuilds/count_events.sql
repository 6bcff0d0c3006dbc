-- How many events of some aggregate types there are in each shard, its archive included, up to a position.
-- $1 aggregate types, $2 up to
select s.shard, sum(e.events)::bigint
from eventstore.shards s
join (
  select shard, count(*) as events
  from eventstore.events
  where aggregate_type = any ($1)
    and position <= $2
  group by shard
) e on e.shard in (s.shard, s.shard || '_archive')
group by s.shard
