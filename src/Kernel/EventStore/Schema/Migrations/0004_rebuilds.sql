-- Rebuilds beside the live rows, pauses, progress, and events that take the whole process down.

alter table eventstore.projection_checkpoints
  add column paused boolean not null default false,
  add column events bigint not null default 0,
  add column events_total bigint,
  add column started_at timestamptz not null default now(),
  add column crashes int not null default 0,
  add column trying bigint,
  add column tries int not null default 0;

alter table eventstore.projection_checkpoints alter column started_at drop default;

comment on column eventstore.projection_checkpoints.events is 'events taken since started_at';
comment on column eventstore.projection_checkpoints.events_total is 'events that a rebuild had before it when it started';
comment on column eventstore.projection_checkpoints.crashes is 'how often in a row the owner died without any progress in between';
comment on column eventstore.projection_checkpoints.trying is 'after crashes: the one event that is being tried';

alter table eventstore.projection_parked
  add column slot text collate "C" not null default 'live' constraint projection_parked_slot_check check (slot in ('live', 'shadow')),
  drop constraint projection_parked_pkey,
  add constraint projection_parked_pkey primary key (projection, slot, shard, position);

alter table eventstore.projection_parked alter column slot drop default;

drop index eventstore.projection_parked_stream_idx;

create index projection_parked_stream_idx
  on eventstore.projection_parked (projection, slot, shard, tenant_id, aggregate_type, aggregate_id, position);

drop function eventstore.move_checkpoint(text, text, text, bigint, bigint, bigint, timestamptz);

-- Compare and set: the first statement of the transaction that stores a batch. It fails, and the batch with it, when the writer is not the
-- owner any more or the projection has moved without it.
create function eventstore.move_checkpoint(
  p_projection text, p_slot text, p_shard text, p_fence bigint, p_from bigint, p_to bigint, p_events int, p_now timestamptz
) returns void language plpgsql as $$
begin
  update eventstore.projection_checkpoints
  set
    position = p_to,
    rebuilding_to = case when rebuilding_to > p_to then rebuilding_to end,
    events = events + p_events,
    crashes = 0,
    trying = null,
    tries = 0,
    updated_at = p_now
  where projection = p_projection
    and slot = p_slot
    and shard = p_shard
    and fence = p_fence
    and position = p_from;
  if not found then
    raise exception 'the checkpoint of % (%) on % is not at % under fence % any more', p_projection, p_slot, p_shard, p_from, p_fence
      using errcode = 'ES002';
  end if;
end
$$;

-- A shadow is an empty copy of a table beside it, in the schema <schema>_shadow. Its indexes and constraints get the names of the
-- originals, which "like" does not copy, so that the promoted table is the same in every respect.
create function eventstore.make_shadow(p_schema text, p_table text) returns void language plpgsql as $$
declare
  v_shadow text := p_schema || '_shadow';
  v_pairs text[][];
  v_pair text[];
begin
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
end
$$;

-- The shadow takes the place of the live table. Readers wait for the end of the transaction, or it for them.
create function eventstore.promote_shadow(p_schema text, p_table text) returns void language plpgsql as $$
begin
  execute format('drop table if exists %I.%I', p_schema, p_table);
  execute format('alter table %I.%I set schema %I', p_schema || '_shadow', p_table, p_schema);
end
$$;

create function eventstore.drop_shadow(p_schema text, p_table text) returns void language plpgsql as $$
begin
  if to_regnamespace(quote_ident(p_schema || '_shadow')) is not null then
    execute format('drop table if exists %I.%I', p_schema || '_shadow', p_table);
  end if;
end
$$;
