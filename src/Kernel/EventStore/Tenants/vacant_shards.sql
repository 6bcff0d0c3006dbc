-- Shards that belong to no tenant. One that a move is about to fill is among them.
select s.shard
from eventstore.shards s
where s.kind = 'vacant'
  and not exists (select from eventstore.tenants t where t.shard = s.shard)
order by s.shard
