-- The columns of a table, and which of them an insert has to name.
-- $1 schema, $2 table
select column_name, is_nullable = 'NO' and column_default is null
from information_schema.columns
where table_schema = $1
  and table_name = $2
order by ordinal_position
