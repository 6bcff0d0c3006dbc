-- $1 aggregate_type, $2 shard
select eventstore.make_archive($1, $2)
