-- Records that an event failed again. Nothing of its aggregate is tried once more before an operator asks.
-- $1 projection, $2 slot, $3 shard, $4 position, $5 error
update eventstore.projection_parked p
set
  attempts = p.attempts + case when p.position = $4 then 1 else 0 end,
  error = case when p.position = $4 then $5 else p.error end,
  retry_at = null
from eventstore.projection_parked failed
where failed.projection = $1
  and failed.slot = $2
  and failed.shard = $3
  and failed.position = $4
  and p.projection = failed.projection
  and p.slot = failed.slot
  and p.shard = failed.shard
  and p.tenant_id = failed.tenant_id
  and p.aggregate_type = failed.aggregate_type
  and p.aggregate_id = failed.aggregate_id
