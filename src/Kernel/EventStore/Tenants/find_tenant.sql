-- $1 tenant_id
select shard, status
from eventstore.tenants
where tenant_id = $1
