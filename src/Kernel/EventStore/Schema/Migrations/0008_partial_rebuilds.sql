-- Rebuilds of one tenant and of one aggregate, and read models compared with a replay of their events.

alter table eventstore.projection_checkpoints
  add column tenant_id text collate "C"
    constraint projection_checkpoints_tenant_fkey references eventstore.tenants (tenant_id) on delete cascade;

comment on column eventstore.projection_checkpoints.tenant_id is 'a rebuild of this tenant alone, on its shard; null for all tenants';

-- An event that was skipped is left out of the rows that queries see, until a rebuild takes it again.
alter table eventstore.projection_skipped
  add column slot text collate "C" not null default 'live'
    constraint projection_skipped_slot_check check (slot in ('live', 'shadow', 'replaced'));

insert into eventstore.application_privileges (object, rights)
values
  ('merge_shadow', 'execute'),
  ('is_sampled', 'execute'),
  ('compare_rows', 'execute');

update eventstore.application_privileges
set rights = 'select, insert, update (slot)'
where object = 'projection_skipped';

comment on column eventstore.projection_skipped.slot is 'the rows that it was left out of; replaced when a rebuild has made those anew';

-- The rows of one tenant in the shadow take the place of its live rows; those of other tenants stay. Readers see the old ones until it commits.
create function eventstore.merge_shadow(p_schema text, p_table text, p_tenant_column text, p_tenant text) returns void language plpgsql as $$
declare
  v_columns text;
begin
  select string_agg(quote_ident(attname), ', ' order by attnum)
  into v_columns
  from pg_attribute
  where attrelid = format('%I.%I', p_schema, p_table)::regclass
    and attnum > 0
    and not attisdropped
    and attgenerated = '';

  execute format('delete from %I.%I where %I = $1', p_schema, p_table, p_tenant_column) using p_tenant;
  execute format(
    'insert into %1$I.%2$I (%3$s) overriding system value select %3$s from %4$I.%2$I where %5$I = $1',
    p_schema, p_table, v_columns, p_schema || '_shadow', p_tenant_column) using p_tenant;
  perform eventstore.drop_shadow(p_schema, p_table);
end
$$;

-- Whether a key belongs to a sample: its hash, of 32 bits, is below a threshold. The kernel decides the same by the same hash.
create function eventstore.is_sampled(p_seed int, p_tenant text, p_key text, p_threshold bigint) returns boolean language sql immutable as $$
  select ('x' || substr(md5(p_seed || '/' || p_tenant || '/' || p_key), 1, 8))::bit(32)::bigint < p_threshold
$$;

-- The rows of two tables that differ, as JSON, the first by key; in each, how many rows were compared and how many differ. One row with nulls when none
-- does. Rows are told apart by the columns p_key, or the primary key, or all they hold; they are compared by p_data, or all they hold. Of the first
-- table only the sample counts, where there is a p_threshold: the other holds nothing else.
create function eventstore.compare_rows(
  p_schema text, p_table text, p_replayed_schema text, p_replayed_table text, p_key text[], p_data text, p_tenant_column text,
  p_sampled_column text, p_seed int, p_threshold bigint, p_limit int
) returns table (compared bigint, different bigint, key jsonb, live jsonb, replayed jsonb) language plpgsql as $$
declare
  v_columns text[] := p_key;
  v_key text := 'to_jsonb(t)';
  v_data text := case when p_data is null then 'to_jsonb(t)' else format('t.%I::jsonb', p_data) end;
  v_filter text := 'true';
begin
  if v_columns is null then
    select array_agg(a.attname::text order by array_position(x.indkey::int2[], a.attnum))
    into v_columns
    from pg_index x
    join pg_attribute a on a.attrelid = x.indrelid and a.attnum = any (x.indkey)
    where x.indrelid = format('%I.%I', p_schema, p_table)::regclass
      and x.indisprimary;
  end if;
  if v_columns is not null then
    select format('jsonb_build_object(%s)', string_agg(format('%L, t.%I', c, c), ', '))
    into v_key
    from unnest(v_columns) c;
  end if;
  if p_threshold is not null then
    v_filter := format('eventstore.is_sampled(%L, t.%I::text, t.%I::text, %L)', p_seed, p_tenant_column, p_sampled_column, p_threshold);
  end if;

  return query execute format(
    'with live as (
       select %1$s as key, %2$s as data, row_number() over (partition by %1$s order by %2$s) as place
       from %3$I.%4$I t
       where %5$s
     ),
     replayed as (
       select %1$s as key, %2$s as data, row_number() over (partition by %1$s order by %2$s) as place
       from %6$I.%7$I t
     ),
     joined as materialized (
       select key, l.data as live, r.data as replayed, l.data::text is distinct from r.data::text as differs
       from live l
       full join replayed r using (key, place)
     )
     select c.compared, c.different, d.key, d.live, d.replayed
     from (select count(*) as compared, count(*) filter (where differs) as different from joined) c
     left join (select j.key, j.live, j.replayed from joined j where j.differs order by j.key limit $1) d on true',
    v_key, v_data, p_schema, p_table, v_filter, p_replayed_schema, p_replayed_table)
  using p_limit;
end
$$;
