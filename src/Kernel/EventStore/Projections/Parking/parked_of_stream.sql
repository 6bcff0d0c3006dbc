-- The parked events of one aggregate, oldest first, and which of them are to be left out.
-- $1 projection, $2 slot, $3 shard, $4 tenant, $5 aggregate type, $6 aggregate, $7 the most rows
select position, skip_reason is not null
from eventstore.projection_parked
where projection = $1
  and slot = $2
  and shard = $3
  and tenant_id = $4
  and aggregate_type = $5
  and aggregate_id = $6
order by position
limit $7
