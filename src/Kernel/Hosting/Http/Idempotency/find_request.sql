-- $1 owner, $2 key
select r.fingerprint, r.request_id, r.since_position, r.leased_until, r.status, r.headers, r.body
from {table} r
where r.{owner} = $1
  and r.key = $2
