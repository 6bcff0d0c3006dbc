-- The hosts that are alive, and how many shards of projections each runs.
select a.host, a.started_at, count(k.owner)::int as shards
from eventstore.projection_hosts_alive a
left join eventstore.projection_checkpoints k on k.owner = a.host
group by a.host, a.started_at
order by a.host
