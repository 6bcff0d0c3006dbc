-- How each projection stands, whichever hosts run it, and also when none does. What is written by appends is never behind and has no owner.
-- $1 projections
select
  k.projection,
  coalesce(max(case when f.is_called then f.last_value else 0 end - k.position) filter (where not k.inline), 0)::bigint as behind,
  count(*) filter (where not k.inline and not k.paused and a.host is null) as unowned,
  count(*) filter (where k.paused) as paused
from eventstore.projection_checkpoints k
cross join eventstore.position f
left join eventstore.projection_hosts_alive a on a.host = k.owner
where k.slot = 'live'
  and k.projection = any ($1)
group by k.projection
order by k.projection
