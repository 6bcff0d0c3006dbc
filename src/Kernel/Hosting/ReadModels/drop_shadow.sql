-- $1 schema, $2 table
select eventstore.drop_shadow($1, $2)
