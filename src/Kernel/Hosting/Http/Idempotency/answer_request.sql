-- $1 owner, $2 key, $3 request, $4 status, $5 headers, $6 body
update {table} r
set
  status = $4,
  headers = $5,
  body = $6
where r.{owner} = $1
  and r.key = $2
  and r.request_id = $3
  and r.status is null
