-- The pool shard with the fewest tenants.
select s.shard
from eventstore.shards s
where s.kind = 'pool'
order by (select count(*) from eventstore.tenants t where t.shard = s.shard), s.shard
limit 1
