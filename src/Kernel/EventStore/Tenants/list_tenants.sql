select t.tenant_id, t.shard, s.kind = 'pool', t.status, t.created_at
from eventstore.tenants t
join eventstore.shards s on s.shard = t.shard
order by t.tenant_id
