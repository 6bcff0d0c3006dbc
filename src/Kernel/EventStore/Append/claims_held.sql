-- Which of these claims another aggregate holds, and which.
-- $1 tenant_id, $2 aggregate_type, $3 names, $4 values, $5 aggregate_id
select c.name, c.value, c.aggregate_id
from unnest($3, $4) as wanted (name, value)
join eventstore.claims c
  on c.tenant_id = $1
  and c.aggregate_type = $2
  and c.name = wanted.name
  and c.value = wanted.value
where c.aggregate_id <> $5
order by c.name, c.value
