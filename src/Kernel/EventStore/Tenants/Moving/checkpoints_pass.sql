-- The projections of a shard have passed a position: all that lies before it is projected. Their owners start anew from what is stored, without
-- what they have in memory. The rebuild of one tenant reads nothing of another's.
-- $1 shard, $2 position, $3 now
update eventstore.projection_checkpoints
set
  position = greatest(position, $2),
  rebuilding_to = case when rebuilding_to > greatest(position, $2) then rebuilding_to end,
  fence = fence + 1,
  updated_at = $3
where shard = $1
  and tenant_id is null
