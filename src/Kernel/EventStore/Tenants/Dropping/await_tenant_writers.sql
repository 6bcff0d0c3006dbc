-- Returns when those have ended who have entered the tenant to write rows of it elsewhere. Whoever comes later finds that it is being dropped.
-- $1 tenant_id
select pg_advisory_xact_lock(7741009, hashtext($1))
