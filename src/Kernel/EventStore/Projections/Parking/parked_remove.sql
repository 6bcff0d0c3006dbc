-- In the transaction of the batch that takes the events at last: they are parked no more. Those that were to be left out are recorded.
-- $1 projection, $2 shard, $3 positions, $4 now
with gone as (
  delete from eventstore.projection_parked
  where projection = $1
    and shard = $2
    and position = any ($3)
  returning *
)
insert into eventstore.projection_skipped (
  projection, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, error, reason, skipped_by, skipped_at
)
select projection, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, error, skip_reason, skip_by, $4
from gone
where skip_reason is not null
