-- $1 schema, $2 table, $3 column of the tenant, $4 tenant
select eventstore.merge_shadow($1, $2, $3, $4)
