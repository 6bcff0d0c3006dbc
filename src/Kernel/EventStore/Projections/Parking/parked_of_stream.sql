-- The parked events of one aggregate, oldest first, and which of them are to be left out.
-- $1 projection, $2 shard, $3 tenant, $4 aggregate type, $5 aggregate, $6 the most rows
select position, skip_reason is not null
from eventstore.projection_parked
where projection = $1
  and shard = $2
  and tenant_id = $3
  and aggregate_type = $4
  and aggregate_id = $5
order by position
limit $6
