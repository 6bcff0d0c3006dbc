-- $1 tenant_id
delete from eventstore.tenants
where tenant_id = $1
