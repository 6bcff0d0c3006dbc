-- Whether the tables of a table projection are there, and their definition is written down.
-- $1 projection, $2 version, $3 schema, $4 tables, $5 definition
select
  exists (
    select from eventstore.read_model_definitions
    where projection = $1 and version = $2 and schema_name = $3 and tables = $4 and definition = $5
  )
  and not exists (select from unnest($4) as t (name) where to_regclass(format('%I.%I', $3, t.name)) is null)
