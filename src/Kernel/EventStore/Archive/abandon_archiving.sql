-- $1 tenant_id, $2 aggregate_type, $3 aggregate_id, $4 attempt
select eventstore.abandon_archiving($1, $2, $3, $4)
