-- One at a time moves a tenant, enables it or removes it; given back when the transaction ends.
-- $1 tenant_id
select pg_advisory_xact_lock(7741004, hashtext($1))
