-- $1 tenant_id, $2 from shard, $3 to shard
update eventstore.projection_skipped
set shard = $3
where tenant_id = $1
  and shard = $2
