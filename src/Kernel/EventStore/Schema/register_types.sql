-- $1 names, $2 whether their data is indexed, $3 now
insert into eventstore.aggregate_types (aggregate_type, index_data, created_at)
select t.aggregate_type, t.index_data, $3
from unnest($1, $2) as t (aggregate_type, index_data)
on conflict (aggregate_type) do nothing
