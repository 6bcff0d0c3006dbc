-- The size of each event of a stream, as a load would read it.
-- $1 tenant_id, $2 aggregate_id, $3 highest version
select version, octet_length(data::text)
from eventstore.{events}
where tenant_id = $1
  and aggregate_id = $2
  and version <= $3
order by version
