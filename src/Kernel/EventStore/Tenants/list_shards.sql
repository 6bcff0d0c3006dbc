select shard
from eventstore.shards
order by shard
