-- $1 tenants, $2 ids
delete from {table} d
using unnest($1, $2) as k (tenant_id, id)
where d.tenant_id = k.tenant_id
  and d.id = k.id
