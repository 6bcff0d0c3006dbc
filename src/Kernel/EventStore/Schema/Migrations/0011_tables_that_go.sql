-- A table of a read model may go while rows are being removed from it: a rebuild's table takes the place of the live one, or is discarded.

-- Removes some of the rows that a tenant has in one table, wherever it lies; returns how many, 0 when there is no such table, or no longer.
create or replace function eventstore.erase_tenant_from_table(
  p_schema text, p_table text, p_column text, p_tenant text, p_limit int
) returns int language plpgsql as $$
declare
  v_erased int;
begin
  if to_regclass(format('%I.%I', p_schema, p_table)) is null then
    return 0;
  end if;
  perform
  from pg_attribute
  where attrelid = to_regclass(format('%I.%I', p_schema, p_table))
    and attname = p_column
    and not attisdropped;
  if not found then
    raise exception 'the table %.% has no column %', p_schema, p_table, p_column using errcode = 'ES011';
  end if;
  execute format(
    'delete from %1$I.%2$I
     where ctid = any (array(select ctid from %1$I.%2$I where %3$I = $1 limit $2))',
    p_schema, p_table, p_column)
  using p_tenant, p_limit;
  get diagnostics v_erased = row_count;
  return v_erased;
exception
  when undefined_table then
    return 0;
end
$$;

-- How many rows a tenant has in each table of some schemas; those in which it has none are left out.
create or replace function eventstore.tenant_rows(p_tenant text, p_schemas text[]) returns table (qualified_name text, row_count bigint) language plpgsql as $$
declare
  v_table record;
  v_rows bigint;
begin
  for v_table in select t.schema_name, t.root_name, array_agg(t.table_name) as leaves from eventstore.tables_of_tenants(p_schemas) t group by 1, 2 order by 1, 2 loop
    row_count := 0;
    for i in 1 .. array_length(v_table.leaves, 1) loop
      begin
        execute format('select count(*) from %I.%I where tenant_id = $1', v_table.schema_name, v_table.leaves[i]) into v_rows using p_tenant;
        row_count := row_count + v_rows;
      exception
        when undefined_table then
          null;
      end;
    end loop;
    if row_count > 0 then
      qualified_name := v_table.schema_name || '.' || v_table.root_name;
      return next;
    end if;
  end loop;
end
$$;
