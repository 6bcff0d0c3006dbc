-- $1 owner, $2 key, $3 request
delete from {table} r
where r.{owner} = $1
  and r.key = $2
  and r.request_id = $3
  and r.status is null
