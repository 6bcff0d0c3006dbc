-- Puts a tenant into the pool shard with the fewest tenants. Adding it again changes nothing.
-- $1 tenant_id, $2 now
insert into eventstore.tenants (tenant_id, shard, status, created_at)
select $1, s.shard, 'active', $2
from eventstore.shards s
where s.kind = 'pool'
order by (select count(*) from eventstore.tenants t where t.shard = s.shard), s.shard
limit 1
on conflict (tenant_id) do nothing
