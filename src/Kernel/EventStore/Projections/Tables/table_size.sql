-- How many bytes a table takes with its indexes; 0 when there is none.
-- $1 schema, $2 table
select coalesce(pg_total_relation_size(to_regclass(format('%I.%I', $1, $2))), 0)
