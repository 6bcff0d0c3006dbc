-- Says that an append of what these projections read is on its way, until the end of the transaction. Before its fence: it may have to wait here.
-- $1 projections
select pg_advisory_xact_lock_shared(7741007, entered.key)
from (
  select distinct hashtext(p.projection) as key
  from unnest($1) as p (projection)
  order by 1
) entered
