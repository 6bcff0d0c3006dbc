-- A type may change its mind about the index on its data: data_index_changes() says what follows from it.
-- $1 names, $2 whether their data is indexed, $3 now
insert into eventstore.aggregate_types (aggregate_type, index_data, created_at)
select t.aggregate_type, t.index_data, $3
from unnest($1, $2) as t (aggregate_type, index_data)
on conflict (aggregate_type) do update
set index_data = excluded.index_data
where aggregate_types.index_data <> excluded.index_data
