-- $1 tenant, $2 key
select r.fingerprint, r.request_id, r.since_position, r.leased_until, r.status, r.headers, r.body
from wolverine.idempotent_requests r
where r.tenant_id = $1
  and r.key = $2
