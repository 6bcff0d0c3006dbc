-- Which of these streams of one tenant are closed, and whether their rows are in the archive.
-- $1 tenant_id, $2 aggregate types, $3 aggregate ids
select a.aggregate_type, a.aggregate_id, a.archived_at is not null
from unnest($2, $3) as s (aggregate_type, aggregate_id)
join eventstore.archived_streams a
  on a.tenant_id = $1
  and a.aggregate_type = s.aggregate_type
  and a.aggregate_id = s.aggregate_id
