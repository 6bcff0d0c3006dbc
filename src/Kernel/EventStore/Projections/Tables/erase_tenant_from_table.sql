-- $1 schema, $2 table, $3 column that holds the tenant, $4 tenant_id, $5 the most rows
select eventstore.erase_tenant_from_table($1, $2, $3, $4, $5)
