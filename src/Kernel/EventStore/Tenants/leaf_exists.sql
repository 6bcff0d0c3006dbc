-- $1 the name of a leaf
select to_regclass(format('eventstore.%I', $1::text)) is not null
