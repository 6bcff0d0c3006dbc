-- $1 tenant_id, $2 status
update eventstore.tenants
set status = $2
where tenant_id = $1
