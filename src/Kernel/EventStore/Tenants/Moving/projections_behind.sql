-- Which projections would lose or repeat events of a tenant that went from one shard to another now: in both they must have passed its last event. In
-- the shard to which it goes a checkpoint may be short of that when only the tenant's own events lie in between. A rebuild of the tenant alone has to end first.
-- $1 tenant_id, $2 from shard, $3 to shard, $4 the position of its last event; every position up to it is committed or will never exist
select distinct projection
from (
  select projection, slot, position
  from eventstore.projection_checkpoints
  where shard = $2
) source
full join (
  select projection, slot, position
  from eventstore.projection_checkpoints
  where shard = $3
    and tenant_id is null
) target using (projection, slot)
where source.position is null
  or target.position is null
  or source.position < $4
  or (
    target.position < $4
    and exists (
      select from eventstore.events e
      where e.shard = $3
        and e.position > target.position
        and e.position <= $4
        and e.tenant_id <> $1
    )
  )
order by projection
