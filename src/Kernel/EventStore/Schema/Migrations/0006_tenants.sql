-- Tenants that are moved between shards, and dropped.

alter table eventstore.tenants
  drop constraint tenants_status_check,
  add constraint tenants_status_check check (status in ('active', 'disabled', 'moving', 'dropping'));

comment on column eventstore.tenants.status is
  'moving: a move is in its last step, and appends wait for its end; it means nothing when no transaction holds the lock (7741004, hashtext(tenant_id)) any more. dropping: its rows are being removed';

alter table eventstore.shards
  drop constraint shards_kind_check,
  add constraint shards_kind_check check (kind in ('pool', 'dedicated', 'vacant'));

comment on column eventstore.shards.kind is
  'vacant: it has partitions and no tenant. A move is about to fill it and holds the lock (7741006, hashtext(shard)), or it is left over and can be removed';

-- The leaves of a shard that are there, with what they are partitions of.
create function eventstore.leaves_of(p_shard text) returns table (parent text, leaf text) language sql as $$
  select p.name || '_' || t.aggregate_type, p.name || '_' || t.aggregate_type || '_' || p_shard || a.suffix
  from eventstore.aggregate_types t
  cross join (values ('events'), ('snapshots')) p (name)
  cross join (values (''), ('_archive')) a (suffix)
  where to_regclass(format('eventstore.%I', p.name || '_' || t.aggregate_type || '_' || p_shard || a.suffix)) is not null
  order by 1
$$;

-- Moves what one tenant has in the archive of a type from one shard to another, where the archive is made already. No stream goes to the archive or comes
-- from it meanwhile: that takes the lock which the mover holds. Returns the highest position, 0 for none.
create function eventstore.move_tenant_archive(
  p_tenant text, p_type text, p_from text, p_to text, p_events text, p_snapshots text
) returns bigint language plpgsql as $$
declare
  v_last bigint;
begin
  if not exists (
    select from eventstore.archived_streams
    where tenant_id = p_tenant and aggregate_type = p_type and archived_at is not null
  ) then
    return 0;
  end if;

  execute format(
    'with gone as (
       delete from eventstore.%1$I
       where tenant_id = $1
       returning *
     ),
     put as (
       insert into eventstore.%2$I (%3$s, shard)
       select %3$s, $2
       from gone
       returning position
     )
     select coalesce(max(position), 0) from put',
    'events_' || p_type || '_' || p_from || '_archive', 'events_' || p_type || '_' || p_to || '_archive', p_events)
  into v_last
  using p_tenant, p_to || '_archive';
  execute format(
    'with gone as (
       delete from eventstore.%1$I
       where tenant_id = $1
       returning *
     )
     insert into eventstore.%2$I (%3$s, shard)
     select %3$s, $2
     from gone',
    'snapshots_' || p_type || '_' || p_from || '_archive', 'snapshots_' || p_type || '_' || p_to || '_archive', p_snapshots)
  using p_tenant, p_to || '_archive';
  return v_last;
end
$$;

-- Moves the rows of one tenant from the leaves of one shard to those of another, as they are: the events behind one position up to and
-- including another, and the snapshots. Returns the highest position that was moved, 0 for none. Snapshots stay where they are as well until
-- the last call, because others may still write them there. The archive does not change, and goes with the first.
create function eventstore.move_tenant_rows(
  p_tenant text, p_from text, p_to text, p_after bigint, p_up_to bigint, p_last boolean
) returns bigint language plpgsql as $$
declare
  v_type text;
  v_events text;
  v_snapshots text;
  v_position bigint;
  v_last bigint := 0;
begin
  perform set_config('eventstore.maintenance', 'on', true);

  -- By name, whatever the order is in which they stand in a leaf.
  select
    string_agg(quote_ident(a.attname), ', ') filter (where a.attrelid = 'eventstore.events'::regclass),
    string_agg(quote_ident(a.attname), ', ') filter (where a.attrelid = 'eventstore.snapshots'::regclass)
  into v_events, v_snapshots
  from pg_attribute a
  where a.attrelid in ('eventstore.events'::regclass, 'eventstore.snapshots'::regclass)
    and a.attnum > 0
    and not a.attisdropped
    and a.attname <> 'shard';

  for v_type in select t.aggregate_type from eventstore.aggregate_types t order by 1 loop
    execute format(
      'with gone as (
         delete from eventstore.%1$I
         where tenant_id = $1 and position > $2 and position <= $3
         returning *
       ),
       put as (
         insert into eventstore.%2$I (%3$s, shard)
         select %3$s, $4
         from gone
         returning position
       )
       select coalesce(max(position), 0) from put',
      'events_' || v_type || '_' || p_from, 'events_' || v_type || '_' || p_to, v_events)
    into v_position
    using p_tenant, p_after, p_up_to, p_to;
    v_last := greatest(v_last, v_position);

    execute format(
      'delete from eventstore.%2$I t
       using eventstore.%1$I s
       where t.tenant_id = $1
         and s.tenant_id = $1
         and s.aggregate_id = t.aggregate_id
         and s.version = t.version
         and (s.schema_number, s.fingerprint) is distinct from (t.schema_number, t.fingerprint)',
      'snapshots_' || v_type || '_' || p_from, 'snapshots_' || v_type || '_' || p_to)
    using p_tenant;
    execute format(
      'insert into eventstore.%2$I (%3$s, shard)
       select %3$s, $2
       from eventstore.%1$I s
       where s.tenant_id = $1
         and not exists (
           select from eventstore.%2$I t
           where t.tenant_id = $1 and t.aggregate_id = s.aggregate_id and t.version = s.version
         )',
      'snapshots_' || v_type || '_' || p_from, 'snapshots_' || v_type || '_' || p_to, v_snapshots)
    using p_tenant, p_to;
    if p_last then
      execute format('delete from eventstore.%I where tenant_id = $1', 'snapshots_' || v_type || '_' || p_from) using p_tenant;
    else
      v_last := greatest(v_last, eventstore.move_tenant_archive(p_tenant, v_type, p_from, p_to, v_events, v_snapshots));
    end if;
  end loop;
  return v_last;
end
$$;

-- Keeps everybody else from doing anything to a tenant that is being dropped until the end of the transaction. One that is not (any more) ends the
-- transaction: somebody else has finished, and the id may belong to a new tenant already.
create function eventstore.hold_dropped_tenant(p_tenant text) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(7741004, hashtext(p_tenant));
  perform from eventstore.tenants where tenant_id = p_tenant and status = 'dropping';
  if not found then
    raise exception 'the tenant % is not being dropped (any more)', p_tenant using errcode = 'ES010';
  end if;
end
$$;

-- Removes some of the rows that a tenant has in one table, wherever it lies; returns how many, 0 when there is no such table.
create function eventstore.erase_tenant_from_table(
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
end
$$;

-- Removes some of the rows that a tenant which is being dropped has in one table of the store; returns how many.
create function eventstore.erase_tenant_rows(p_tenant text, p_table text, p_limit int) returns int language plpgsql as $$
begin
  perform eventstore.hold_dropped_tenant(p_tenant);
  perform set_config('eventstore.maintenance', 'on', true);
  return eventstore.erase_tenant_from_table('eventstore', p_table, 'tenant_id', p_tenant, p_limit);
end
$$;

-- Removes one part of a vacant shard: a leaf, or when it has none any more the shard itself, unless a tenant that is being dropped refers to it still.
-- True when there may be more to do; false when there is not; null when the shard is not vacant, or somebody is about to use it. It waits for
-- locks for p_patience ms at most: as long as it waits for one, those wait that read or write other partitions of the type.
create function eventstore.remove_from_vacant_shard(p_shard text, p_patience int) returns boolean language plpgsql as $$
declare
  v_parent text;
  v_leaf text;
begin
  perform set_config('lock_timeout', p_patience::text, true);
  perform pg_advisory_xact_lock(7741001, 2);
  if not pg_try_advisory_xact_lock(7741006, hashtext(p_shard)) then
    return null;
  end if;
  perform from eventstore.shards where shard = p_shard and kind = 'vacant';
  if not found then
    return null;
  end if;

  -- Snapshots first: whoever makes missing partitions tells by those of events whether a pair of them is there.
  select l.parent, l.leaf into v_parent, v_leaf from eventstore.leaves_of(p_shard) l order by l.parent desc limit 1;
  if found then
    execute format('alter table eventstore.%I detach partition eventstore.%I', v_parent, v_leaf);
    execute format('drop table eventstore.%I', v_leaf);
    return true;
  end if;

  delete from eventstore.shards s
  where s.shard = p_shard
    and not exists (select from eventstore.tenants t where t.shard = s.shard);
  return false;
end
$$;
