-- $1 projection or null for all
select
  projection, min(version), count(*), count(*) filter (where rebuilding_to is null), sum(events)::bigint, sum(events_total)::bigint,
  min(started_at), bool_or(paused), min(tenant_id)
from eventstore.projection_checkpoints
where slot = 'shadow'
  and ($1 is null or projection = $1)
group by projection
order by projection
