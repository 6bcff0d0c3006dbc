-- From its commit on no append that begins is let through. A tenant that is disabled stays it, which stops appends as well.
-- $1 tenant_id
update eventstore.tenants
set status = 'moving'
where tenant_id = $1
  and status = 'active'
