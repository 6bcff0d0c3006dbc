-- $1 number of pool shards, $2 now; the number is fixed when the store is made
insert into eventstore.shards (shard, kind, created_at)
select 'pool_' || n, 'pool', $2
from generate_series(0, $1 - 1) as n
where not exists (select from eventstore.shards where kind = 'pool')
