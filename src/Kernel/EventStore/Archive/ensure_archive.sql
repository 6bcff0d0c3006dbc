-- $1 aggregate_type, $2 shard
select eventstore.ensure_archive($1, $2)
