-- The checkpoints of a rebuild, from where the live ones once began: one for each shard, or the one of a tenant's shard.
-- $1 projection, $2 version, $3 rebuilding to, $4 shards, $5 events before them, $6 now, $7 tenant or null, $8 its shard or null
insert into eventstore.projection_checkpoints (
  projection, slot, shard, version, position, start_position, rebuilding_to, events_total, started_at, updated_at,
  tenant_id
)
select
  k.projection, 'shadow', k.shard, $2, k.start_position, k.start_position, case when $3 > k.start_position then $3 end, coalesce(e.events, 0),
  $6, $6, $7
from eventstore.projection_checkpoints k
left join unnest($4, $5) as e (shard, events) on e.shard = k.shard
where k.projection = $1
  and k.slot = 'live'
  and ($8 is null or k.shard = $8)
