-- $1 tenant_id, $2 from shard, $3 to shard, $4 events behind this position, $5 up to and including this one, $6 whether it is the last call
select eventstore.move_tenant_rows($1, $2, $3, $4, $5, $6)
