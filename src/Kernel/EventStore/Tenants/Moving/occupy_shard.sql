-- $1 shard
update eventstore.shards
set kind = 'dedicated'
where shard = $1
