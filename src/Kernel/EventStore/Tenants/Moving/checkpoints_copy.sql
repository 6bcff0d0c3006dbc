-- A shard that was filled from another is projected on from where that one is. Nobody owns it yet. The rebuild of one tenant is no affair of the others.
-- $1 from shard, $2 to shard, $3 now
insert into eventstore.projection_checkpoints (
  projection, slot, shard, version, position, start_position, rebuilding_to, paused, events, events_total, started_at, updated_at
)
select
  projection, slot, $2, version, position, start_position, rebuilding_to, paused, 0, case when events_total is not null then 0 end, started_at, $3
from eventstore.projection_checkpoints
where shard = $1
  and tenant_id is null
