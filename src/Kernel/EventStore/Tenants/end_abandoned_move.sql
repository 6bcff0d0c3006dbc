-- How a tenant stands; first, a move whose mover is gone is ended: the lock that a mover's transaction holds from before it says 'moving' is free then.
-- $1 tenant_id
with ended as (
  update eventstore.tenants
  set status = 'active'
  where tenant_id = $1
    and status = 'moving'
    and pg_try_advisory_xact_lock(7741004, hashtext($1))
  returning shard, status
)
select shard, status
from ended
union all
select shard, status
from eventstore.tenants
where tenant_id = $1
  and not exists (select from ended)
