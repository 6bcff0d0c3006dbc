-- Of those who find a request that nobody answers any more, one goes on with it.
-- $1 owner, $2 key, $3 request, $4 now, $5 leased until
update {table} r
set leased_until = $5
where r.{owner} = $1
  and r.key = $2
  and r.request_id = $3
  and r.status is null
  and r.leased_until <= $4
