-- In which shard each tenant lies.
select tenant_id, shard
from eventstore.tenants
where status <> 'dropping'
