-- Until the end of the transaction no other append changes these views. The locks are few however many the views are: those that share one wait for each
-- other without need.
-- $1 keys
select pg_advisory_xact_lock(7741008, wanted.key)
from (
  select distinct hashtext(k.key) & 1023 as key
  from unnest($1) as k (key)
  order by 1
) wanted
