-- The aggregates that an operator asked to try again.
select distinct projection, slot, shard, tenant_id, aggregate_type, aggregate_id
from eventstore.projection_parked
where retry_at is not null
