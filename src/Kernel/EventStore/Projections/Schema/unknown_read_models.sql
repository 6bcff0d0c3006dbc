-- Which of these read models nobody has written down.
-- $1 schemas, $2 tables
select format('%s.%s', r.schema_name, r.table_name)
from unnest($1, $2) as r (schema_name, table_name)
where not exists (
  select from eventstore.read_models k
  where k.schema_name = r.schema_name and k.table_name = r.table_name
)
order by 1
