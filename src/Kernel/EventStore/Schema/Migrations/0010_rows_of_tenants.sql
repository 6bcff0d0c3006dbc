-- What belongs to a tenant in tables that are not the store's: it is counted, it goes when the tenant is dropped, and nothing comes after.

-- For a transaction that writes rows of a tenant without appending: whether there is such a tenant, which is not being dropped. Where it is true, a drop
-- waits for the end of the transaction before it removes anything. The lock comes first: whoever gets it after a drop has begun sees that it has.
create function eventstore.enter_tenant(p_tenant text) returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(7741009, hashtext(p_tenant));
  return exists (select from eventstore.tenants where tenant_id = p_tenant and status <> 'dropping');
end
$$;

-- The tables of some schemas that say by a column tenant_id to whom a row belongs, each leaf of a partitioned one by itself.
create function eventstore.tables_of_tenants(p_schemas text[]) returns table (schema_name text, table_name text, root_name text) language sql stable as $$
  select n.nspname::text, c.relname::text, coalesce(root.relname, c.relname)::text
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid
  left join pg_class root on root.oid = pg_partition_root(c.oid)
  where n.nspname = any (p_schemas)
    and c.relkind = 'r'
    and a.attname = 'tenant_id'
    and not a.attisdropped
    and (n.nspname, c.relname) <> ('eventstore', 'tenants')
  order by 1, 2
$$;

-- How many rows a tenant has in each table of some schemas; those in which it has none are left out.
create function eventstore.tenant_rows(p_tenant text, p_schemas text[]) returns table (qualified_name text, row_count bigint) language plpgsql as $$
declare
  v_table record;
  v_rows bigint;
begin
  for v_table in select t.schema_name, t.root_name, array_agg(t.table_name) as leaves from eventstore.tables_of_tenants(p_schemas) t group by 1, 2 order by 1, 2 loop
    row_count := 0;
    for i in 1 .. array_length(v_table.leaves, 1) loop
      execute format('select count(*) from %I.%I where tenant_id = $1', v_table.schema_name, v_table.leaves[i]) into v_rows using p_tenant;
      row_count := row_count + v_rows;
    end loop;
    if row_count > 0 then
      qualified_name := v_table.schema_name || '.' || v_table.root_name;
      return next;
    end if;
  end loop;
end
$$;

-- Removes some of the rows that a tenant has in the tables of some schemas; returns how many, fewer than p_limit when there are no more.
create function eventstore.erase_tenant_from_schemas(p_tenant text, p_schemas text[], p_limit int) returns int language plpgsql as $$
declare
  v_table record;
  v_erased int := 0;
begin
  for v_table in select t.schema_name, t.table_name from eventstore.tables_of_tenants(p_schemas) t loop
    exit when v_erased >= p_limit;
    v_erased := v_erased + eventstore.erase_tenant_from_table(v_table.schema_name, v_table.table_name, 'tenant_id', p_tenant, p_limit - v_erased);
  end loop;
  return v_erased;
end
$$;

insert into eventstore.application_privileges (object, rights)
values
  ('enter_tenant', 'execute'),
  ('tables_of_tenants', 'nothing'),
  ('tenant_rows', 'nothing'),
  ('erase_tenant_from_schemas', 'nothing');
