-- $1 projection, $2 version, $3 schema, $4 tables, $5 definition
select eventstore.register_definition($1, $2, $3, $4, $5)
