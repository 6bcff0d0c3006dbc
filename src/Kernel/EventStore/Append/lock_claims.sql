-- Until the end of the transaction no other transaction that asks for one of these claims here goes on: in one order everywhere, so that those
-- that exchange claims with each other wait and never deadlock.
-- $1 tenant_id, $2 aggregate types, $3 names, $4 values
select pg_advisory_xact_lock(7741003, wanted.key)
from (
  select distinct hashtext(concat_ws(e'\n', $1, c.aggregate_type, c.name, c.value)) as key
  from unnest($2, $3, $4) as c (aggregate_type, name, value)
  order by 1
) wanted
