-- $1 tenant_id, $2 aggregate_id
select version
from eventstore.{events}
where tenant_id = $1
  and aggregate_id = $2
  {filter}
order by version desc
limit 1
