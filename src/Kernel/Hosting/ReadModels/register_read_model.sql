-- $1 schema, $2 table
select eventstore.register_read_model($1, $2)
