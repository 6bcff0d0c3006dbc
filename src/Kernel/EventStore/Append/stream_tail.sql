-- What lies behind a version of a stream: compared with a refused append to tell a repeat from a conflict.
-- $1 tenant_id, $2 aggregate_id, $3 the version before the first row, $4 the most rows
select version, event_id, position
from eventstore.{events}
where tenant_id = $1
  and aggregate_id = $2
  and version > $3
order by version
limit $4
