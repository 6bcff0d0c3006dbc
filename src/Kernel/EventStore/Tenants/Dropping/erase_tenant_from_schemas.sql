-- $1 tenant_id, $2 schemas, $3 the most rows
select eventstore.erase_tenant_from_schemas($1, $2, $3)
