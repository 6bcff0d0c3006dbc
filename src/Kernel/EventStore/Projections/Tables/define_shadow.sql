-- $1 projection, $2 version
select eventstore.define_shadow($1, $2)
