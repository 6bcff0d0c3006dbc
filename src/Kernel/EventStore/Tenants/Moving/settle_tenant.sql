-- $1 tenant_id, $2 shard
update eventstore.tenants
set shard = $2, status = case when status = 'moving' then 'active' else status end
where tenant_id = $1
