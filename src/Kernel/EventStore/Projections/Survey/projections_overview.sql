-- How the live rows of projections stand.
-- $1 projections
select k.projection, min(k.version), count(*), count(a.host), bool_or(k.paused)
from eventstore.projection_checkpoints k
left join eventstore.projection_hosts_alive a on a.host = k.owner
where k.projection = any ($1)
  and k.slot = 'live'
group by k.projection
