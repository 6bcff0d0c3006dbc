-- $1 tenant_id
update eventstore.tenants
set status = 'disabled'
where tenant_id = $1
  and status in ('active', 'disabled')
