-- The archive, indexes on data that follow what the types declare, and views for operators.

-- Streams that are closed. Their rows lie in the archive of their shard: partitions whose shard is that of the hot ones followed by "_archive".
create table eventstore.archived_streams (
  tenant_id text collate "C" not null,
  aggregate_type text collate "C" not null,
  aggregate_id uuid not null,
  version bigint not null constraint archived_streams_version_check check (version >= 1),
  attempt uuid not null,
  archived_at timestamptz,
  constraint archived_streams_pkey primary key (tenant_id, aggregate_type, aggregate_id)
);

comment on column eventstore.archived_streams.version is 'the version of its last event';
comment on column eventstore.archived_streams.attempt is 'who marked it: the rows are moved only by those who have waited since this very mark was made';
comment on column eventstore.archived_streams.archived_at is 'null while its rows are still in the hot partition: it is closed already, and is about to be moved';

alter table eventstore.tenants add column archiving int not null default 0 constraint tenants_archiving_check check (archiving >= 0);

comment on column eventstore.tenants.archiving is
  'how many of its streams are marked and not yet moved; as long as there are any, every append looks into archived_streams, else only those to streams without rows';

-- Makes the cold partitions of a type and shard, as ensure_partitions() makes the hot ones. False when there is no such type or shard.
-- The archive belongs to its shard and is no shard of its own: whoever reads the shard reads it too.
create function eventstore.ensure_archive(p_type text, p_shard text) returns boolean language plpgsql as $$
declare
  v_shard text := p_shard || '_archive';
  v_parent text;
  v_leaf text;
begin
  if to_regclass(format('eventstore.%I', 'snapshots_' || p_type || '_' || v_shard)) is not null then
    return true;
  end if;

  -- Who has waited for the lock must not ask to_regclass() again: it may remember that there was none.
  perform pg_advisory_xact_lock(7741001, 2);
  if exists (
    select from pg_class
    where relnamespace = 'eventstore'::regnamespace and relname = ('snapshots_' || p_type || '_' || v_shard)::name
  ) then
    return true;
  end if;
  if not exists (select from eventstore.shards where shard = p_shard)
    or not exists (select from eventstore.aggregate_types where aggregate_type = p_type) then
    return false;
  end if;

  foreach v_parent in array array['events', 'snapshots'] loop
    v_leaf := v_parent || '_' || p_type || '_' || v_shard;
    execute format(
      'create table eventstore.%I (like eventstore.%I including defaults including constraints,
         constraint %I primary key (tenant_id, aggregate_id, version),
         constraint %I check (aggregate_type = %L and shard = %L))',
      v_leaf, v_parent, left(v_leaf, 58) || '_pkey', left(v_leaf, 58) || '_leaf', p_type, v_shard);
    execute format(
      'alter table eventstore.%I attach partition eventstore.%I for values in (%L)', v_parent || '_' || p_type, v_leaf, v_shard);
    execute format('alter table eventstore.%I drop constraint %I', v_leaf, left(v_leaf, 58) || '_leaf');
  end loop;

  v_leaf := 'events_' || p_type || '_' || v_shard;
  execute format(
    'create trigger events_no_truncate before truncate on eventstore.%I for each statement execute function eventstore.refuse_change()', v_leaf);
  if (select index_data from eventstore.aggregate_types where aggregate_type = p_type) then
    execute format('create index on eventstore.%I using gin (data jsonb_path_ops)', v_leaf);
  end if;
  return true;
end
$$;

-- Moves the rows of one stream between the partitions of a type, as they are.
create function eventstore.move_stream(p_tenant text, p_type text, p_id uuid, p_from text, p_to text) returns void language plpgsql as $$
declare
  v_maintenance text := coalesce(current_setting('eventstore.maintenance', true), 'off');
begin
  perform set_config('eventstore.maintenance', 'on', true);
  execute format(
    'with moved as (
       delete from eventstore.%I
       where tenant_id = $1 and aggregate_id = $2
       returning *
     )
     insert into eventstore.%I (
       position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
     )
     select
       position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, $3, tenant_id, event_type, data, metadata
     from moved
     order by version',
    'events_' || p_type || '_' || p_from, 'events_' || p_type || '_' || p_to)
  using p_tenant, p_id, p_to;
  execute format(
    'with moved as (
       delete from eventstore.%I
       where tenant_id = $1 and aggregate_id = $2
       returning *
     )
     insert into eventstore.%I (version, recorded_at, aggregate_id, schema_number, aggregate_type, shard, tenant_id, fingerprint, state)
     select version, recorded_at, aggregate_id, schema_number, aggregate_type, $3, tenant_id, fingerprint, state
     from moved
     order by version',
    'snapshots_' || p_type || '_' || p_from, 'snapshots_' || p_type || '_' || p_to)
  using p_tenant, p_id, p_to;
  perform set_config('eventstore.maintenance', v_maintenance, true);
end
$$;

-- The version of the last event in the hot partition; 0 for none.
create function eventstore.hot_version(p_tenant text, p_type text, p_shard text, p_id uuid) returns bigint language plpgsql as $$
declare
  v_version bigint;
begin
  execute format('select max(version) from eventstore.%I where tenant_id = $1 and aggregate_id = $2', 'events_' || p_type || '_' || p_shard)
  into v_version
  using p_tenant, p_id;
  return coalesce(v_version, 0);
end
$$;

-- Until the end of the transaction nobody moves the tenant to another shard; whoever is about to is waited for. A move holds the same lock alone.
create function eventstore.keep_in_place(p_tenant text) returns void language sql as $$
  select pg_advisory_xact_lock_shared(7741004, hashtext(p_tenant))
$$;

-- First step: closes a stream. From its commit on no append that begins is let through. See Archive/Archiver.cs for why there are two steps.
-- elsewhere: the tenant is not active in this shard; missing: there is no stream; conflict: it is not at the expected version; marking: it is closed
-- by this attempt or by the one that comes back; archived: it is in the archive already.
create function eventstore.begin_archiving(
  p_tenant text, p_type text, p_shard text, p_id uuid, p_expected bigint, p_attempt uuid,
  out outcome text, out at_version bigint, out by_attempt uuid
) language plpgsql as $$
declare
  v_archived_at timestamptz;
begin
  at_version := 0;
  perform eventstore.keep_in_place(p_tenant);
  perform from eventstore.tenants where tenant_id = p_tenant and shard = p_shard and status = 'active' for no key update;
  if not found then
    outcome := 'elsewhere';
    return;
  end if;

  select s.version, s.attempt, s.archived_at
  into at_version, by_attempt, v_archived_at
  from eventstore.archived_streams s
  where s.tenant_id = p_tenant and s.aggregate_type = p_type and s.aggregate_id = p_id;
  if v_archived_at is null then
    at_version := eventstore.hot_version(p_tenant, p_type, p_shard, p_id);
  end if;

  if at_version = 0 then
    outcome := 'missing';
  elsif p_expected not in (at_version, -1, -2) then
    outcome := 'conflict';
  elsif v_archived_at is not null then
    outcome := 'archived';
  else
    outcome := 'marking';
    if by_attempt is null then
      by_attempt := p_attempt;
      insert into eventstore.archived_streams (tenant_id, aggregate_type, aggregate_id, version, attempt)
      values (p_tenant, p_type, p_id, at_version, p_attempt);
      update eventstore.tenants set archiving = archiving + 1 where tenant_id = p_tenant;
    end if;
  end if;
end
$$;

-- Takes a mark away whose rows were not moved.
create function eventstore.abandon_archiving(p_tenant text, p_type text, p_id uuid, p_attempt uuid) returns void language plpgsql as $$
begin
  perform from eventstore.tenants where tenant_id = p_tenant for no key update;
  delete from eventstore.archived_streams
  where tenant_id = p_tenant and aggregate_type = p_type and aggregate_id = p_id and attempt = p_attempt and archived_at is null;
  if found then
    update eventstore.tenants set archiving = archiving - 1 where tenant_id = p_tenant;
  end if;
end
$$;

-- Second step, when all who may have begun to write before the mark have ended: moves the rows.
-- elsewhere: the tenant is not active in this shard; lost: the mark is not the one that was waited for; conflict: somebody who had begun before the mark
-- has written, and the mark is taken away; archived: done.
create function eventstore.finish_archiving(
  p_tenant text, p_type text, p_shard text, p_id uuid, p_expected bigint, p_attempt uuid, p_now timestamptz,
  out outcome text, out at_version bigint
) language plpgsql as $$
begin
  at_version := 0;
  perform eventstore.keep_in_place(p_tenant);
  perform from eventstore.tenants where tenant_id = p_tenant and shard = p_shard and status = 'active' for no key update;
  if not found then
    outcome := 'elsewhere';
    return;
  end if;

  perform from eventstore.archived_streams s
  where s.tenant_id = p_tenant and s.aggregate_type = p_type and s.aggregate_id = p_id and s.attempt = p_attempt and s.archived_at is null;
  if not found then
    outcome := 'lost';
    return;
  end if;

  at_version := eventstore.hot_version(p_tenant, p_type, p_shard, p_id);
  if p_expected not in (at_version, -1, -2) then
    outcome := 'conflict';
    perform eventstore.abandon_archiving(p_tenant, p_type, p_id, p_attempt);
    return;
  end if;

  perform eventstore.move_stream(p_tenant, p_type, p_id, p_shard, p_shard || '_archive');
  update eventstore.archived_streams
  set version = at_version, archived_at = p_now
  where tenant_id = p_tenant and aggregate_type = p_type and aggregate_id = p_id;
  update eventstore.tenants set archiving = archiving - 1 where tenant_id = p_tenant;
  outcome := 'archived';
end
$$;

-- Opens a stream again and moves its rows back. Appends go on refusing it until this has committed.
-- elsewhere: the tenant is not active in this shard; open: it was not closed; restored: done.
create function eventstore.restore_stream(p_tenant text, p_type text, p_shard text, p_id uuid) returns text language plpgsql as $$
declare
  v_archived_at timestamptz;
begin
  perform eventstore.keep_in_place(p_tenant);
  perform from eventstore.tenants where tenant_id = p_tenant and shard = p_shard and status = 'active' for no key update;
  if not found then
    return 'elsewhere';
  end if;

  delete from eventstore.archived_streams
  where tenant_id = p_tenant and aggregate_type = p_type and aggregate_id = p_id
  returning archived_at into v_archived_at;
  if not found then
    return 'open';
  end if;

  if v_archived_at is null then
    update eventstore.tenants set archiving = archiving - 1 where tenant_id = p_tenant;
  else
    perform eventstore.move_stream(p_tenant, p_type, p_id, p_shard || '_archive', p_shard);
  end if;
  return 'restored';
end
$$;

-- What it takes to have the indexes on data that the aggregate types declare, and no others: statements to be run one by one, each by itself,
-- since "concurrently" cannot be part of a transaction. The migrator does so; by hand: select * from eventstore.data_index_changes() \gexec
create function eventstore.data_index_changes() returns table (statement text) language sql stable as $$
  with leaves as (
    select c.oid, c.relname, t.index_data
    from eventstore.aggregate_types t
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

-- Events are estimated from the catalog, as the planner does: the density at the last analyze times the size now. Null where that was never
-- taken, so that nobody takes "not known" for "none".
create view eventstore.partition_sizes as
with leaves as (
  select
    t.aggregate_type,
    b.stored_shard,
    e.oid as events,
    to_regclass(format('eventstore.%I', 'snapshots_' || t.aggregate_type || '_' || b.stored_shard)) as snapshots,
    e.relname as partition,
    e.reltuples,
    e.relpages,
    pg_relation_size(e.oid) as bytes
  from eventstore.aggregate_types t
  join pg_inherits i on i.inhparent = to_regclass(format('eventstore.%I', 'events_' || t.aggregate_type))
  join pg_class e on e.oid = i.inhrelid
  cross join lateral (select substring(pg_get_expr(e.relpartbound, e.oid) from '''(.*)''') as stored_shard) b
)
select
  l.aggregate_type,
  regexp_replace(l.stored_shard, '_archive$', '') as shard,
  l.stored_shard like '%\_archive' as is_archive,
  l.partition::text as partition,
  case
    when l.bytes = 0 then 0
    when l.reltuples >= 0 and l.relpages > 0 then round(l.reltuples / l.relpages * (l.bytes / current_setting('block_size')::int))::bigint
  end as estimated_events,
  pg_table_size(l.events) as table_bytes,
  pg_indexes_size(l.events) as index_bytes,
  pg_total_relation_size(l.events) as total_bytes,
  coalesce(pg_total_relation_size(l.snapshots), 0) as snapshot_bytes,
  (
    select e.position
    from eventstore.events e
    where e.aggregate_type = l.aggregate_type and e.shard = l.stored_shard
    order by e.position
    limit 1
  ) as oldest_position,
  (
    select e.position
    from eventstore.events e
    where e.aggregate_type = l.aggregate_type and e.shard = l.stored_shard
    order by e.position desc
    limit 1
  ) as newest_position
from leaves l;

comment on view eventstore.partition_sizes is
  'Size and estimated number of events of each partition, from the catalog. estimated_events is null for one that was never analyzed. Cheap.';

create view eventstore.aggregate_type_sizes as
select
  p.aggregate_type,
  count(*) as partitions,
  count(*) filter (where p.estimated_events is null) as partitions_not_analyzed,
  case when count(*) = count(p.estimated_events) then sum(p.estimated_events)::bigint end as estimated_events,
  sum(p.table_bytes)::bigint as table_bytes,
  sum(p.index_bytes)::bigint as index_bytes,
  sum(p.total_bytes)::bigint as total_bytes,
  coalesce(sum(p.total_bytes) filter (where p.is_archive), 0)::bigint as archive_bytes,
  sum(p.snapshot_bytes)::bigint as snapshot_bytes,
  min(p.oldest_position) as oldest_position,
  max(p.newest_position) as newest_position
from eventstore.partition_sizes p
group by p.aggregate_type;

comment on view eventstore.aggregate_type_sizes is
  'partition_sizes by aggregate type. estimated_events is null as long as one of its partitions that holds rows was never analyzed. Cheap.';

create view eventstore.tenant_events as
select
  t.tenant_id,
  t.shard,
  t.status,
  e.aggregate_type,
  count(e.position) as events,
  count(e.position) filter (where e.version = 1) as streams,
  count(e.position) filter (where e.shard <> t.shard) as archived_events,
  coalesce(sum(pg_column_size(e.data) + pg_column_size(e.metadata)), 0)::bigint as data_bytes,
  min(e.recorded_at) as first_recorded_at,
  max(e.recorded_at) as last_recorded_at
from eventstore.tenants t
left join eventstore.events e on e.tenant_id = t.tenant_id
group by t.tenant_id, t.shard, t.status, e.aggregate_type;

comment on view eventstore.tenant_events is
  'Exact number and size (as stored, without indexes) of the events of each tenant by aggregate type. It scans: with tenant_id = ''…'' the rows of that tenant, else all events.';
