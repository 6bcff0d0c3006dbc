-- $1 tenant_id
update eventstore.tenants
set status = 'dropping'
where tenant_id = $1
  and status <> 'dropping'
  and pg_try_advisory_xact_lock(7741004, hashtext($1))
