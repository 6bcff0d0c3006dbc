-- The documents of some tenants and ids that exist.
-- $1 tenants, $2 ids
select d.tenant_id, d.id, d.data
from unnest($1, $2) as k (tenant_id, id)
join {table} d on d.tenant_id = k.tenant_id and d.id = k.id
