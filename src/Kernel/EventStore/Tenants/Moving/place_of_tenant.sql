-- $1 tenant_id
select t.shard, s.kind, t.status
from eventstore.tenants t
join eventstore.shards s on s.shard = t.shard
where t.tenant_id = $1
