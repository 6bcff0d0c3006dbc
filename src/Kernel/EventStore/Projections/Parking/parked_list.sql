-- What went wrong, with the number of later events that wait behind each.
-- $1 projection or null for all
select
  p.projection, p.slot, p.shard, p.position, p.tenant_id, p.aggregate_type, p.aggregate_id, p.version, p.event_id, p.event_type, p.attempts,
  p.error, p.parked_at, p.retry_at,
  (
    select count(*)
    from eventstore.projection_parked w
    where w.projection = p.projection
      and w.slot = p.slot
      and w.shard = p.shard
      and w.tenant_id = p.tenant_id
      and w.aggregate_type = p.aggregate_type
      and w.aggregate_id = p.aggregate_id
      and w.position > p.position
  )
from eventstore.projection_parked p
where p.error is not null
  and ($1 is null or p.projection = $1)
order by p.projection, p.slot, p.position
