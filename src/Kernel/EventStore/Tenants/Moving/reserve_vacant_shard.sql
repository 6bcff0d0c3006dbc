-- Until the end of the transaction nobody removes the shard. No row: somebody has.
-- $1 shard
select shard
from eventstore.shards
where shard = $1
  and kind = 'vacant'
for no key update skip locked
