-- $1 tenant, $2 key, $3 request, $4 status, $5 headers, $6 body
update wolverine.idempotent_requests r
set
  status = $4,
  headers = $5,
  body = $6
where r.tenant_id = $1
  and r.key = $2
  and r.request_id = $3
  and r.status is null
