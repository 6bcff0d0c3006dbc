-- One row for a tenant of which nothing is stored, none when there is no such tenant.
-- $1 tenant_id
select aggregate_type, events, streams, archived_events, data_bytes
from eventstore.tenant_events
where tenant_id = $1
order by aggregate_type
