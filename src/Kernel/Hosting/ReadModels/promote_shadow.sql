-- $1 schema, $2 table
select eventstore.promote_shadow($1, $2)
