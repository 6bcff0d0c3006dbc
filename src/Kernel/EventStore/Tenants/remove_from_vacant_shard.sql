-- $1 shard, $2 the longest wait for a lock in ms
select eventstore.remove_from_vacant_shard($1, $2)
