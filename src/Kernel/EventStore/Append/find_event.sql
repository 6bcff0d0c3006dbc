-- Where an event stands in its stream; looked for only when an append that names no version may be a repeat.
-- $1 tenant_id, $2 aggregate_id, $3 event_id
select version
from eventstore.{events}
where tenant_id = $1
  and aggregate_id = $2
  and event_id = $3
order by version desc
limit 1
