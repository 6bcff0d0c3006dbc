-- Gives claims back, each only if the aggregate holds it.
-- $1 tenant_id, $2 aggregate types, $3 names, $4 values, $5 aggregate ids
delete from eventstore.claims c
using unnest($2, $3, $4, $5) as r (aggregate_type, name, value, aggregate_id)
where c.tenant_id = $1
  and c.aggregate_type = r.aggregate_type
  and c.name = r.name
  and c.value = r.value
  and c.aggregate_id = r.aggregate_id
