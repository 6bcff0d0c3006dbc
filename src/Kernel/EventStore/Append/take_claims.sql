-- Takes claims. One that another aggregate holds violates claims_pkey; one that the aggregate holds itself stays.
-- $1 tenant_id, $2 aggregate types, $3 names, $4 values, $5 aggregate ids
insert into eventstore.claims (tenant_id, aggregate_type, name, value, aggregate_id)
select $1, t.aggregate_type, t.name, t.value, t.aggregate_id
from unnest($2, $3, $4, $5) as t (aggregate_type, name, value, aggregate_id)
where not exists (
  select from eventstore.claims c
  where c.tenant_id = $1
    and c.aggregate_type = t.aggregate_type
    and c.name = t.name
    and c.value = t.value
    and c.aggregate_id = t.aggregate_id
)
order by t.aggregate_type, t.name, t.value
