-- $1 schema, $2 table, $3 tenant, $4 the most rows
select eventstore.erase_tenant_from_table($1, $2, 'tenant_id', $3, $4)
