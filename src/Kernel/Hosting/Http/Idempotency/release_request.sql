-- $1 tenant, $2 key, $3 request
delete from wolverine.idempotent_requests r
where r.tenant_id = $1
  and r.key = $2
  and r.request_id = $3
  and r.status is null
