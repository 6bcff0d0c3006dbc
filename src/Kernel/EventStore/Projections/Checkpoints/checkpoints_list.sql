-- $1 projections
select
  projection, slot, shard, version, position, start_position, rebuilding_to, owner, fence, paused, crashes, trying, inline, tenant_id
from eventstore.projection_checkpoints
where projection = any ($1)
order by projection, slot, shard
