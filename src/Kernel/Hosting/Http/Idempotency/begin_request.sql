-- Notes that a request is under way, unless its key is in use already. A key whose time is up may be used again.
-- $1 owner, $2 key, $3 fingerprint, $4 request, $5 now, $6 leased until, $7 kept until
insert into {table} as r ({owner}, key, fingerprint, request_id, since_position, leased_until, kept_until)
select $1, $2, $3, $4, p.last_value, $6, $7
from eventstore.position p
on conflict ({owner}, key) do update
set
  fingerprint = excluded.fingerprint,
  request_id = excluded.request_id,
  since_position = excluded.since_position,
  leased_until = excluded.leased_until,
  kept_until = excluded.kept_until,
  status = null,
  headers = null,
  body = null
where r.kept_until <= $5
returning r.since_position
