-- $1 tenant_id, $2 aggregate_type, $3 shard, $4 aggregate_id
select eventstore.restore_stream($1, $2, $3, $4)
