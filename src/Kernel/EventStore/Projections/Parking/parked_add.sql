-- In the transaction of a batch: puts events of aggregates aside that are parked, or that one of them parks.
-- $1 projection, $2 slot, $3 shard, $4 positions, $5 tenants, $6 aggregate types, $7 aggregates, $8 versions, $9 event ids, $10 event types,
-- $11 attempts, $12 errors, $13 now
insert into eventstore.projection_parked (
  projection, slot, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, attempts, error, parked_at
)
select $1, $2, $3, e.position, e.tenant_id, e.aggregate_type, e.aggregate_id, e.version, e.event_id, e.event_type, e.attempts, e.error, $13
from unnest($4, $5, $6, $7, $8, $9, $10, $11, $12) as e (
  position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, attempts, error
)
