-- In the transaction of a batch: puts events of aggregates aside that are parked, or that one of them parks.
-- $1 projection, $2 shard, $3 positions, $4 tenants, $5 aggregate types, $6 aggregates, $7 versions, $8 event ids, $9 event types,
-- $10 attempts, $11 errors, $12 now
insert into eventstore.projection_parked (
  projection, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, attempts, error, parked_at
)
select $1, $2, e.position, e.tenant_id, e.aggregate_type, e.aggregate_id, e.version, e.event_id, e.event_type, e.attempts, e.error, $12
from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11) as e (
  position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, attempts, error
)
