-- The event store: events and snapshots by aggregate type and shard, tenants, claims.

create sequence eventstore.position as bigint start 1 no cycle cache 1;

-- A shard is a set of tenants whose rows lie together: a pool shard holds many, a dedicated one holds one.
create table eventstore.shards (
  shard text constraint shards_pkey primary key,
  kind text not null constraint shards_kind_check check (kind in ('pool', 'dedicated')),
  created_at timestamptz not null
);

create sequence eventstore.dedicated_shard as int;

create table eventstore.tenants (
  tenant_id text collate "C" constraint tenants_pkey primary key,
  shard text not null constraint tenants_shard_fkey references eventstore.shards (shard),
  status text not null constraint tenants_status_check check (status in ('active', 'disabled')),
  created_at timestamptz not null,
  constraint tenants_id_check check (tenant_id ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')
);

create index tenants_shard_idx on eventstore.tenants (shard);

create table eventstore.aggregate_types (
  aggregate_type text collate "C" constraint aggregate_types_pkey primary key,
  index_data boolean not null default false,
  created_at timestamptz not null,
  constraint aggregate_types_name_check check (aggregate_type ~ '^[a-z][a-z0-9_]{0,31}$')
);

-- Fixed-width columns first: no padding between them.
create table eventstore.events (
  position bigint not null,
  version bigint not null constraint events_version_check check (version >= 1),
  recorded_at timestamptz not null,
  event_id uuid not null,
  aggregate_id uuid not null,
  event_version smallint not null,
  aggregate_type text collate "C" not null,
  shard text collate "C" not null,
  tenant_id text collate "C" not null,
  event_type text collate "C" not null,
  data jsonb not null,
  metadata jsonb not null
) partition by list (aggregate_type);

create index events_position_idx on eventstore.events (position);

create table eventstore.snapshots (
  version bigint not null constraint snapshots_version_check check (version >= 1),
  recorded_at timestamptz not null,
  aggregate_id uuid not null,
  schema_number int not null,
  aggregate_type text collate "C" not null,
  shard text collate "C" not null,
  tenant_id text collate "C" not null,
  fingerprint text collate "C" not null,
  state jsonb not null
) partition by list (aggregate_type);

-- Unique keys that aggregates hold: taken and given back in the transaction of the append that causes it.
create table eventstore.claims (
  tenant_id text collate "C" not null,
  aggregate_type text collate "C" not null,
  name text collate "C" not null,
  value text collate "C" not null,
  aggregate_id uuid not null,
  constraint claims_pkey primary key (tenant_id, aggregate_type, name, value),
  constraint claims_value_check check (length(value) <= 512)
);

create index claims_aggregate_idx on eventstore.claims (tenant_id, aggregate_type, aggregate_id);

-- Stored events never change. Maintenance that erases or moves them (dropping or moving a tenant, archiving) is the only exception: it says
--   set local eventstore.maintenance = 'on'
-- in its transaction, and runs under a role that may delete.
create function eventstore.refuse_change() returns trigger language plpgsql as $$
begin
  if coalesce(current_setting('eventstore.maintenance', true), 'off') = 'on' then
    if tg_op = 'DELETE' then
      return old;
    end if;
    return new;
  end if;
  raise exception 'events are append-only: % on % refused', tg_op, tg_table_name
    using errcode = 'ES001';
end
$$;

create trigger events_append_only
  before update or delete on eventstore.events
  for each row execute function eventstore.refuse_change();

-- Makes what is missing of (type x shard). Attaching takes a lock that lets readers and writers of other partitions go on;
-- "create table ... partition of" would stop them. Callers hold the migration lock.
create function eventstore.ensure_partitions() returns int language plpgsql as $$
declare
  leaf record;
  parent text;
  made int := 0;
begin
  for leaf in
    select t.aggregate_type, t.index_data
    from eventstore.aggregate_types t
    where to_regclass(format('eventstore.%I', 'events_' || t.aggregate_type)) is null
    order by 1
  loop
    foreach parent in array array['events', 'snapshots'] loop
      execute format(
        'create table eventstore.%I (like eventstore.%I including defaults including constraints) partition by list (shard)',
        parent || '_' || leaf.aggregate_type, parent);
      execute format(
        'alter table eventstore.%I attach partition eventstore.%I for values in (%L)',
        parent, parent || '_' || leaf.aggregate_type, leaf.aggregate_type);
    end loop;
  end loop;

  for leaf in
    select t.aggregate_type, t.index_data, s.shard, t.aggregate_type || '_' || s.shard as suffix
    from eventstore.aggregate_types t
    cross join eventstore.shards s
    where to_regclass(format('eventstore.%I', 'events_' || t.aggregate_type || '_' || s.shard)) is null
    order by 1, 3
  loop
    execute format(
      'create table eventstore.%I (like eventstore.events including defaults including constraints,
         constraint %I primary key (tenant_id, aggregate_id, version),
         constraint %I check (aggregate_type = %L and shard = %L))',
      'events_' || leaf.suffix, 'events_' || leaf.suffix || '_pkey', 'events_' || leaf.suffix || '_leaf', leaf.aggregate_type, leaf.shard);
    execute format(
      'alter table eventstore.%I attach partition eventstore.%I for values in (%L)',
      'events_' || leaf.aggregate_type, 'events_' || leaf.suffix, leaf.shard);
    execute format('alter table eventstore.%I drop constraint %I', 'events_' || leaf.suffix, 'events_' || leaf.suffix || '_leaf');
    execute format(
      'create trigger events_no_truncate before truncate on eventstore.%I for each statement execute function eventstore.refuse_change()',
      'events_' || leaf.suffix);
    if leaf.index_data then
      execute format('create index %I on eventstore.%I using gin (data jsonb_path_ops)', 'events_' || leaf.suffix || '_data_idx', 'events_' || leaf.suffix);
    end if;

    execute format(
      'create table eventstore.%I (like eventstore.snapshots including defaults including constraints,
         constraint %I primary key (tenant_id, aggregate_id, version),
         constraint %I check (aggregate_type = %L and shard = %L))',
      'snapshots_' || leaf.suffix, 'snapshots_' || leaf.suffix || '_pkey', 'snapshots_' || leaf.suffix || '_leaf', leaf.aggregate_type, leaf.shard);
    execute format(
      'alter table eventstore.%I attach partition eventstore.%I for values in (%L)',
      'snapshots_' || leaf.aggregate_type, 'snapshots_' || leaf.suffix, leaf.shard);
    execute format('alter table eventstore.%I drop constraint %I', 'snapshots_' || leaf.suffix, 'snapshots_' || leaf.suffix || '_leaf');
    made := made + 1;
  end loop;
  return made;
end
$$;
