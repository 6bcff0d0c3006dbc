-- $1 tenant_id, $2 table, $3 the most rows
select eventstore.erase_tenant_rows($1, $2, $3)
