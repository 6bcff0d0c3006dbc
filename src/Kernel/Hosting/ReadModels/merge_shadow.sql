-- $1 schema, $2 table, $3 tenant
select eventstore.merge_shadow($1, $2, 'tenant_id', $3)
