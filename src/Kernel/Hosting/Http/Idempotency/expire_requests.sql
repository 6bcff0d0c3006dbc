-- $1 now, $2 the most rows
delete from wolverine.idempotent_requests r
using (
  select e.tenant_id, e.key
  from wolverine.idempotent_requests e
  where e.kept_until <= $1
  order by e.kept_until
  limit $2
  for update skip locked
) e
where r.tenant_id = e.tenant_id
  and r.key = e.key
