-- How many events of some aggregate types there are in each shard, its archive included, up to a position: of all tenants, or of one.
-- $1 aggregate types, $2 up to, $3 tenant or null
select s.shard, sum(e.events)::bigint
from eventstore.shards s
join (
  select shard, count(*) as events
  from eventstore.events
  where aggregate_type = any ($1)
    and position <= $2
    and ($3 is null or tenant_id = $3)
  group by shard
) e on e.shard in (s.shard, s.shard || '_archive')
group by s.shard
