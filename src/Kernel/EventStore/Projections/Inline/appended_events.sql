-- The last events of a stream, oldest first: what an append of so many has just written.
-- $1 tenant_id, $2 aggregate_id, $3 how many
select position, version, recorded_at, event_id, aggregate_id, event_version, tenant_id, aggregate_type, event_type, metadata, data
from (
  select *
  from eventstore.{events}
  where tenant_id = $1
    and aggregate_id = $2
  order by version desc
  limit $3
) appended
order by version
