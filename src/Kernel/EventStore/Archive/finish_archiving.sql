-- $1 tenant_id, $2 aggregate_type, $3 shard, $4 aggregate_id, $5 expected as in append.sql, $6 attempt, $7 now
select outcome, at_version
from eventstore.finish_archiving($1, $2, $3, $4, $5, $6, $7)
