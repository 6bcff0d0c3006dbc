-- The checkpoints of a rebuild: one for each shard of the live rows, from where they once began.
-- $1 projection, $2 version, $3 rebuilding to, $4 shards, $5 events before them, $6 now
insert into eventstore.projection_checkpoints (
  projection, slot, shard, version, position, start_position, rebuilding_to, events_total, started_at, updated_at
)
select
  k.projection, 'shadow', k.shard, $2, k.start_position, k.start_position, case when $3 > k.start_position then $3 end, coalesce(e.events, 0),
  $6, $6
from eventstore.projection_checkpoints k
left join unnest($4, $5) as e (shard, events) on e.shard = k.shard
where k.projection = $1
  and k.slot = 'live'
