-- $1 schema, $2 table
select eventstore.make_shadow($1, $2)
