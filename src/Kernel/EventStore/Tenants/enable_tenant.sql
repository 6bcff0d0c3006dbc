-- Not while the tenant is moved: a move does not make sure that nobody writes for a tenant that is disabled.
-- $1 tenant_id
update eventstore.tenants
set status = 'active'
where tenant_id = $1
  and status = 'disabled'
  and pg_try_advisory_xact_lock(7741004, hashtext($1))
