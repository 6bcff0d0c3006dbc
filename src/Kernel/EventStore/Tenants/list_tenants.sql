select tenant_id, shard, status, created_at
from eventstore.tenants
order by tenant_id
