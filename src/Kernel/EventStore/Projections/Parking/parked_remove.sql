-- In the transaction of the batch that takes the events at last: they are parked no more. Those that were to be left out are recorded.
-- $1 projection, $2 slot, $3 shard, $4 positions, $5 now
with gone as (
  delete from eventstore.projection_parked
  where projection = $1
    and slot = $2
    and shard = $3
    and position = any ($4)
  returning *
)
insert into eventstore.projection_skipped (
  projection, slot, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, error, reason, skipped_by, skipped_at
)
select projection, slot, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, error, skip_reason, skip_by, $5
from gone
where skip_reason is not null
