-- The role that the application runs under: what it may do here, and functions that do for it what only the owner may.

-- What the running application does with everything in this schema, as words of a grant; nothing where it is not the application's. A migration that makes
-- a table, a view, a sequence or a function adds its line, and a test finds what has none. Partitions go by their root, functions by their name. To
-- execute one that runs as its caller gives nobody more than he has; one that runs as the owner is taken from public where it is made.
create table eventstore.application_privileges (
  object text collate "C" constraint application_privileges_pkey primary key,
  rights text collate "C" not null constraint application_privileges_rights_check
    check (rights ~ '^(nothing|((select|insert|update|delete|usage|execute)( \([a-z_]+\))?(, |$))+)$')
);

-- The read models that rebuilds may copy, replace and drop. Their schemas are those of modules; a shadow lies in the schema <schema>_shadow.
create table eventstore.read_models (
  schema_name text collate "C" not null,
  table_name text collate "C" not null,
  constraint read_models_pkey primary key (schema_name, table_name),
  constraint read_models_schema_check check (
    length(schema_name) between 1 and 56
    and schema_name !~ '^pg_|_shadow$'
    and schema_name not in ('eventstore', 'wolverine', 'information_schema')
  )
);

-- How the tables of a table projection are made: the owner wrote it down, so a rebuild may carry it out for a role that makes no tables.
create table eventstore.read_model_definitions (
  projection text collate "C" not null,
  version int not null,
  schema_name text collate "C" not null,
  tables text[] not null,
  definition text not null,
  constraint read_model_definitions_pkey primary key (projection, version)
);

insert into eventstore.application_privileges (object, rights)
values
  -- Events and what belongs to them.
  ('events', 'select, insert'),
  ('snapshots', 'select, insert, update, delete'),
  ('position', 'select, usage'),
  ('claims', 'select, insert, delete'),
  ('archived_streams', 'select'),
  ('require_streams', 'execute'),
  ('refuse_change', 'nothing'),

  -- Tenants: archiving, moving and dropping them, and making partitions, is the owner's.
  ('tenants', 'select, insert, update (status)'),
  ('shards', 'select'),
  ('dedicated_shard', 'select'),
  ('add_dedicated_tenant', 'execute'),
  ('leaves_of', 'nothing'),
  ('move_tenant_rows', 'nothing'),
  ('move_tenant_archive', 'nothing'),
  ('hold_dropped_tenant', 'nothing'),
  ('erase_tenant_rows', 'nothing'),
  ('erase_tenant_from_table', 'nothing'),
  ('remove_from_vacant_shard', 'nothing'),
  ('ensure_partitions', 'nothing'),
  ('ensure_archive', 'nothing'),
  ('make_archive', 'nothing'),
  ('share_partition_privileges', 'nothing'),
  ('keep_in_place', 'nothing'),
  ('hot_version', 'nothing'),
  ('move_stream', 'nothing'),
  ('begin_archiving', 'nothing'),
  ('abandon_archiving', 'nothing'),
  ('finish_archiving', 'nothing'),
  ('restore_stream', 'nothing'),

  -- Projections: a rebuild makes, replaces and drops tables by functions that run as the owner.
  ('projection_hosts', 'select, insert, update, delete'),
  ('projection_hosts_alive', 'select'),
  ('projection_checkpoints', 'select, insert, update, delete'),
  ('projection_parked', 'select, insert, update, delete'),
  ('projection_skipped', 'select, insert'),
  ('move_checkpoint', 'execute'),
  ('read_models', 'select'),
  ('read_model_definitions', 'select'),
  ('register_read_model', 'execute'),
  ('register_definition', 'execute'),
  ('require_read_model', 'nothing'),
  ('make_shadow', 'execute'),
  ('define_shadow', 'execute'),
  ('promote_shadow', 'execute'),
  ('drop_shadow', 'execute'),
  ('copy_privileges', 'nothing'),

  -- The schema itself.
  ('migrations', 'select'),
  ('aggregate_types', 'select'),
  ('data_index_changes', 'execute'),
  ('partition_sizes', 'select'),
  ('aggregate_type_sizes', 'select'),
  ('tenant_events', 'select'),
  ('application_privileges', 'select'),
  ('application_differences', 'execute'),
  ('application_objection', 'nothing'),
  ('grant_to_application', 'nothing');

-- As without arguments, for types that were registered like this: whoever looks changes nothing.
create function eventstore.data_index_changes(p_types text[], p_indexed boolean[]) returns table (statement text) language sql stable as $$
  with leaves as (
    select c.oid, c.relname, t.index_data
    from unnest(p_types, p_indexed) as t (aggregate_type, index_data)
    join pg_inherits i on i.inhparent = to_regclass(format('eventstore.%I', 'events_' || t.aggregate_type))
    join pg_class c on c.oid = i.inhrelid
  ),
  indexes as (
    select l.oid as leaf, l.index_data, i.relname, x.indisvalid
    from leaves l
    join pg_index x on x.indrelid = l.oid
    join pg_class i on i.oid = x.indexrelid
    where pg_get_indexdef(i.oid) like '% USING gin (data jsonb_path_ops)'
  )
  select format('drop index concurrently eventstore.%I', x.relname)
  from indexes x
  where not x.index_data or not x.indisvalid
  union all
  select format('create index concurrently on eventstore.%I using gin (data jsonb_path_ops)', l.relname)
  from leaves l
  where l.index_data
    and not exists (select from indexes x where x.leaf = l.oid and x.indisvalid)
$$;

create or replace function eventstore.data_index_changes() returns table (statement text) language sql stable as $$
  select c.statement
  from (
    select array_agg(t.aggregate_type order by t.aggregate_type) as types, array_agg(t.index_data order by t.aggregate_type) as indexed
    from eventstore.aggregate_types t
  ) k
  cross join lateral eventstore.data_index_changes(k.types, k.indexed) c
$$;

-- Where the privileges of a role are not what the application needs: is_wanted says whether one is missing or one too many. p_schemas are those
-- with documents and messages, in which the application reads and writes rows of every table.
create function eventstore.application_differences(p_role text, p_schemas text[])
returns table (target text, rights text, is_wanted boolean) language sql stable as $$
  with privileges as (
    select p.object, unnest(string_to_array(p.rights, ', ')) as rights
    from eventstore.application_privileges p
    where p.rights <> 'nothing'
  ),
  relations as (
    select
      c.oid,
      c.relkind::text as kind,
      c.relacl,
      n.nspname as schema_name,
      coalesce(root.relname, c.relname) as root,
      format('%s %I.%I', case c.relkind when 'S' then 'sequence' else 'table' end, n.nspname, c.relname) as target
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_class root on root.oid = pg_partition_root(c.oid)
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and (n.nspname = 'eventstore' or n.nspname = any (p_schemas) or n.nspname in (select s || '_shadow' from unnest(p_schemas) s))
  ),
  wanted as (
    select r.target, p.rights
    from relations r
    join privileges p on p.object = r.root
    where r.schema_name = 'eventstore'
    union
    select r.target, p.rights
    from relations r
    join (
      values
        ('r', 'select'), ('r', 'insert'), ('r', 'update'), ('r', 'delete'),
        ('p', 'select'), ('p', 'insert'), ('p', 'update'), ('p', 'delete'),
        ('v', 'select'), ('m', 'select'), ('f', 'select'), ('S', 'select'), ('S', 'usage')
    ) as p (kind, rights) on p.kind = r.kind
    where r.schema_name <> 'eventstore'
    union
    select format('function %s', f.oid::regprocedure), p.rights
    from pg_proc f
    join privileges p on p.object = f.proname
    where f.pronamespace = 'eventstore'::regnamespace
    union
    select format('schema %I', n.nspname), 'usage'
    from pg_namespace n
    where n.nspname = 'eventstore' or n.nspname = any (p_schemas) or n.nspname in (select s || '_shadow' from unnest(p_schemas) s)
  ),
  held as (
    select r.target, lower(a.privilege_type) as rights, a.grantee
    from relations r
    cross join lateral aclexplode(r.relacl) a
    union
    select r.target, format('%s (%I)', lower(a.privilege_type), t.attname), a.grantee
    from relations r
    join pg_attribute t on t.attrelid = r.oid
    cross join lateral aclexplode(t.attacl) a
    union
    select format('function %s', f.oid::regprocedure), lower(a.privilege_type), a.grantee
    from pg_proc f
    cross join lateral aclexplode(f.proacl) a
    where f.pronamespace = 'eventstore'::regnamespace
    union
    select format('schema %I', n.nspname), lower(a.privilege_type), a.grantee
    from pg_namespace n
    cross join lateral aclexplode(n.nspacl) a
    where n.nspname = 'eventstore' or n.nspname = any (p_schemas) or n.nspname in (select s || '_shadow' from unnest(p_schemas) s)
  ),
  given as (
    select h.target, h.rights
    from held h
    join pg_roles r on r.oid = h.grantee
    where r.rolname = p_role
  )
  select coalesce(w.target, g.target), coalesce(w.rights, g.rights), w.rights is not null
  from wanted w
  full join given g on g.target = w.target and g.rights = w.rights
  where w.rights is null or g.rights is null
$$;

-- Why a role cannot be the application's, whatever is granted to it and taken from it here; null when it can.
create function eventstore.application_objection(p_role text, p_schemas text[]) returns text language plpgsql stable as $$
declare
  v_role pg_roles;
  v_found text;
begin
  select * into v_role from pg_roles where rolname = p_role;
  if not found then
    return 'does not exist';
  elsif v_role.rolsuper then
    return 'is a superuser';
  elsif v_role.rolcreaterole then
    return 'may create roles';
  elsif pg_has_role(v_role.oid, (select nspowner from pg_namespace where nspname = 'eventstore'), 'member') then
    return 'is, or belongs to, the owner of the event store';
  elsif has_database_privilege(v_role.oid, current_database(), 'create') then
    return 'may create schemas in this database';
  end if;

  select n.nspname into v_found
  from pg_namespace n
  where (n.nspname = 'eventstore' or n.nspname = any (p_schemas))
    and has_schema_privilege(v_role.oid, n.oid, 'create')
  limit 1;
  if found then
    return format('may create tables in the schema %s', v_found);
  end if;

  select format('%s on %s', e.rights, c.oid::regclass) into v_found
  from pg_class c
  left join pg_class root on root.oid = pg_partition_root(c.oid)
  cross join unnest(array['insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as e (rights)
  where c.relnamespace = 'eventstore'::regnamespace
    and c.relkind in ('r', 'p')
    and has_table_privilege(v_role.oid, c.oid, e.rights)
    and not exists (
      select from eventstore.application_privileges p
      where p.object = coalesce(root.relname, c.relname) and e.rights = any (string_to_array(p.rights, ', '))
    )
  limit 1;
  if found then
    return format('has %s by another role, by public or by another grantor', v_found);
  end if;
  return null;
end
$$;

-- Gives a role what the running application needs, takes the rest, and refuses a role that could do more all the same. Returns how many privileges
-- were changed.
create function eventstore.grant_to_application(p_role text, p_schemas text[]) returns int language plpgsql as $$
declare
  v_change record;
  v_changes int := 0;
  v_objection text;
begin
  if not exists (select from pg_roles where rolname = p_role) then
    raise exception 'the role % cannot be the application''s: it does not exist', p_role using errcode = 'ES030';
  end if;

  for v_change in
    select d.target, d.is_wanted, string_agg(d.rights, ', ' order by d.rights) as rights, count(*) as privileges
    from eventstore.application_differences(p_role, p_schemas) d
    group by d.target, d.is_wanted
    order by d.target, d.is_wanted
  loop
    execute format(
      case when v_change.is_wanted then 'grant %s on %s to %I' else 'revoke %s on %s from %I' end, v_change.rights, v_change.target, p_role);
    v_changes := v_changes + v_change.privileges;
  end loop;

  v_objection := eventstore.application_objection(p_role, p_schemas);
  if v_objection is not null then
    raise exception 'the role % cannot be the application''s: it %', p_role, v_objection using errcode = 'ES030';
  end if;
  return v_changes;
end
$$;

-- Gives partitions the privileges of their roots, because statements name the leaf. Whoever makes partitions calls it after ensure_partitions.
create function eventstore.share_partition_privileges() returns void language plpgsql as $$
declare
  v_grant text;
begin
  for v_grant in
    select format(
      'grant %s on table %s to %s',
      string_agg(a.privilege_type, ', '),
      c.oid::regclass,
      case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
    from pg_class root
    cross join lateral aclexplode(root.relacl) a
    cross join lateral pg_partition_tree(root.oid) t
    join pg_class c on c.oid = t.relid
    where root.relnamespace = 'eventstore'::regnamespace
      and root.relkind = 'p'
      and not root.relispartition
      and t.level > 0
      and a.grantee <> root.relowner
      and not exists (select from aclexplode(c.relacl) h where h.grantee = a.grantee and h.privilege_type = a.privilege_type)
    group by c.oid, a.grantee
  loop
    execute v_grant;
  end loop;
end
$$;

-- As ensure_archive(), and the partitions that it makes have the privileges of the others. To be called in its place.
create function eventstore.make_archive(p_type text, p_shard text) returns boolean language plpgsql as $$
begin
  if to_regclass(format('eventstore.%I', 'snapshots_' || p_type || '_' || p_shard || '_archive')) is not null then
    return true;
  elsif not eventstore.ensure_archive(p_type, p_shard) then
    return false;
  end if;
  perform eventstore.share_partition_privileges();
  return true;
end
$$;

-- Gives tables of one schema the privileges that those of the same names in another have, and the schema its usage.
create function eventstore.copy_privileges(p_from text, p_to text, p_table text) returns void language plpgsql as $$
declare
  v_grant text;
begin
  for v_grant in
    select format('grant usage on schema %I to %s', p_to, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
    from pg_namespace n
    cross join lateral aclexplode(n.nspacl) a
    where n.nspname = p_from
      and a.grantee <> n.nspowner
      and a.privilege_type = 'USAGE'
    union all
    select format(
      'grant %s on %s %I.%I to %s',
      string_agg(a.privilege_type, ', '),
      case copy.relkind when 'S' then 'sequence' else 'table' end,
      p_to,
      copy.relname,
      case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
    from pg_class original
    join pg_namespace source on source.oid = original.relnamespace
    join pg_class copy on copy.relname = original.relname and copy.relkind = original.relkind
    join pg_namespace target on target.oid = copy.relnamespace
    cross join lateral aclexplode(original.relacl) a
    where source.nspname = p_from
      and target.nspname = p_to
      and original.relkind in ('r', 'p', 'v', 'm', 'S')
      and (p_table is null or original.relname = p_table)
      and a.grantee <> original.relowner
    group by copy.relname, copy.relkind, a.grantee
  loop
    execute v_grant;
  end loop;
end
$$;

-- Writes a read model down, when it is not yet.
create function eventstore.register_read_model(p_schema text, p_table text) returns void language plpgsql as $$
begin
  if exists (select from eventstore.read_models where schema_name = p_schema and table_name = p_table) then
    return;
  end if;
  if not has_table_privilege('eventstore.read_models', 'insert') then
    raise exception 'the read model %.% is new', p_schema, p_table using errcode = 'ES032';
  end if;
  insert into eventstore.read_models (schema_name, table_name)
  values (p_schema, p_table)
  on conflict do nothing;
end
$$;

-- Writes down how the tables of a table projection are made, when it is not yet.
create function eventstore.register_definition(p_projection text, p_version int, p_schema text, p_tables text[], p_definition text)
returns void language plpgsql as $$
declare
  v_table text;
begin
  foreach v_table in array p_tables loop
    perform eventstore.register_read_model(p_schema, v_table);
  end loop;
  if exists (
    select from eventstore.read_model_definitions
    where projection = p_projection and version = p_version and schema_name = p_schema and tables = p_tables and definition = p_definition
  ) then
    return;
  end if;
  if not has_table_privilege('eventstore.read_model_definitions', 'insert, update') then
    raise exception 'the tables of % in its version % are new', p_projection, p_version using errcode = 'ES032';
  end if;
  insert into eventstore.read_model_definitions (projection, version, schema_name, tables, definition)
  values (p_projection, p_version, p_schema, p_tables, p_definition)
  on conflict (projection, version) do update
  set schema_name = excluded.schema_name, tables = excluded.tables, definition = excluded.definition;
end
$$;

-- What follows runs as the owner for whoever may execute it, so it trusts none of its arguments: nothing is done but to what the owner has written
-- down, names are resolved in no schema that a caller could fill, and texts of a caller are never part of a statement but as quoted names.

-- Ends the transaction unless a name is that of a read model, and what bears it, there and in its shadow, is a plain table.
create function eventstore.require_read_model(p_schema text, p_table text) returns void language plpgsql stable as $$
begin
  if not exists (select from eventstore.read_models where schema_name = p_schema and table_name = p_table) then
    raise exception '%.% is no read model', p_schema, p_table using errcode = 'ES031';
  end if;
  if exists (
    select
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in (p_schema, p_schema || '_shadow')
      and c.relname = p_table
      and (
        c.relkind <> 'r'
        or c.relpersistence <> 'p'
        or c.relispartition
        or exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent))
      )
  ) then
    raise exception 'the read model %.% is no plain table', p_schema, p_table using errcode = 'ES031';
  end if;
end
$$;

-- A tenant in a shard of its own, with the partitions for it. False when there is one of this id already.
create function eventstore.add_dedicated_tenant(p_tenant text, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_shard text;
begin
  perform pg_advisory_xact_lock(7741001, 2);
  perform from eventstore.tenants where tenant_id = p_tenant;
  if found then
    return false;
  end if;

  v_shard := 'tenant_' || nextval('eventstore.dedicated_shard');
  insert into eventstore.shards (shard, kind, created_at)
  values (v_shard, 'dedicated', p_now);
  insert into eventstore.tenants (tenant_id, shard, status, created_at)
  values (p_tenant, v_shard, 'active', p_now)
  on conflict (tenant_id) do nothing;
  if not found then
    -- Somebody has put it into the pool since.
    delete from eventstore.shards where shard = v_shard;
    return false;
  end if;

  perform eventstore.ensure_partitions();
  perform eventstore.share_partition_privileges();
  return true;
end
$$;

-- A shadow is an empty copy of a table beside it, in the schema <schema>_shadow, with the privileges of the table. Its indexes and constraints get
-- the names of the originals, which "like" does not copy, so that the promoted table is the same in every respect.
create or replace function eventstore.make_shadow(p_schema text, p_table text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_shadow text := p_schema || '_shadow';
  v_pairs text[][];
  v_pair text[];
begin
  perform eventstore.require_read_model(p_schema, p_table);
  execute format('create schema if not exists %I', v_shadow);
  execute format('drop table if exists %I.%I', v_shadow, p_table);
  execute format('create table %I.%I (like %I.%I including all)', v_shadow, p_table, p_schema, p_table);

  with indexes as (
    select
      n.nspname as schema,
      i.relname as name,
      x.indisunique,
      x.indisprimary,
      substring(pg_get_indexdef(i.oid) from ' USING .*') as definition
    from pg_index x
    join pg_class i on i.oid = x.indexrelid
    join pg_class t on t.oid = x.indrelid
    join pg_namespace n on n.oid = t.relnamespace
    where t.relname = p_table
      and n.nspname in (p_schema, v_shadow)
  ),
  numbered as (
    select *, row_number() over (partition by schema, indisunique, indisprimary, definition order by name) as place
    from indexes
  )
  select array_agg(array[copy.name::text, original.name::text])
  into v_pairs
  from numbered original
  join numbered copy using (indisunique, indisprimary, definition, place)
  where original.schema = p_schema
    and copy.schema = v_shadow;

  -- By way of names that nothing has: the original name of one may be the new name of another.
  if v_pairs is not null then
    foreach v_pair slice 1 in array v_pairs loop
      execute format('alter index %I.%I rename to %I', v_shadow, v_pair[1], 'shadow_' || md5(v_pair[1]));
    end loop;
    foreach v_pair slice 1 in array v_pairs loop
      execute format('alter index %I.%I rename to %I', v_shadow, 'shadow_' || md5(v_pair[1]), v_pair[2]);
    end loop;
  end if;

  perform eventstore.copy_privileges(p_schema, v_shadow, p_table);
end
$$;

-- The empty shadow of a table projection's tables, as its version defines them.
create function eventstore.define_shadow(p_projection text, p_version int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_definition eventstore.read_model_definitions;
  v_shadow text;
  v_table text;
begin
  select * into v_definition
  from eventstore.read_model_definitions d
  where d.projection = p_projection and d.version = p_version;
  if not found then
    raise exception 'the tables of % in its version % are new', p_projection, p_version using errcode = 'ES032';
  end if;

  v_shadow := v_definition.schema_name || '_shadow';
  execute format('create schema if not exists %I', v_shadow);
  foreach v_table in array v_definition.tables loop
    perform eventstore.require_read_model(v_definition.schema_name, v_table);
    execute format('drop table if exists %I.%I', v_shadow, v_table);
  end loop;

  -- Temporary tables of the caller come last, where they hide nothing.
  perform set_config('search_path', format('%I, pg_temp', v_shadow), true);
  execute v_definition.definition;
  perform set_config('search_path', 'pg_catalog, pg_temp', true);
  perform eventstore.copy_privileges(v_definition.schema_name, v_shadow, null);
end
$$;

-- The shadow takes the place of the live table. Readers wait for the end of the transaction, or it for them.
create or replace function eventstore.promote_shadow(p_schema text, p_table text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform eventstore.require_read_model(p_schema, p_table);
  execute format('drop table if exists %I.%I', p_schema, p_table);
  execute format('alter table %I.%I set schema %I', p_schema || '_shadow', p_table, p_schema);
end
$$;

create or replace function eventstore.drop_shadow(p_schema text, p_table text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if to_regclass(format('%I.%I', p_schema || '_shadow', p_table)) is not null then
    perform eventstore.require_read_model(p_schema, p_table);
    execute format('drop table %I.%I', p_schema || '_shadow', p_table);
  end if;
end
$$;

revoke execute on function
  eventstore.add_dedicated_tenant(text, timestamptz),
  eventstore.make_shadow(text, text),
  eventstore.define_shadow(text, int),
  eventstore.promote_shadow(text, text),
  eventstore.drop_shadow(text, text)
from public;
