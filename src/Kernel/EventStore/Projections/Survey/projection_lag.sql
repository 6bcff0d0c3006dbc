-- How far a projection is behind on each shard. A checkpoint that has only foreign events before it is not behind.
-- $1 projection, $2 aggregate types, $3 the end of the feed, $4 the most events that are counted
select k.shard, k.position, e.behind, e.oldest, a.host, k.paused, k.updated_at
from eventstore.projection_checkpoints k
left join eventstore.projection_hosts_alive a on a.host = k.owner
cross join lateral (
  select count(*) as behind, min(b.recorded_at) as oldest
  from (
    select recorded_at
    from eventstore.events
    where aggregate_type = any ($2)
      and shard in (k.shard, k.shard || '_archive')
      and position > k.position
      and position <= $3
    limit $4
  ) b
) e
where k.projection = $1
  and k.slot = 'live'
order by k.shard
