-- Appends to many streams of one leaf, at most once to each. Every append succeeds or fails by itself: one row for each comes back, as in
-- append.sql, in the order of the arrays.
-- $1 tenant ids, $2 aggregate ids, $3 expected, $4 metadata, $5 now, $6 longest wait for a lock in ms,
-- then a row for each event: $7 index of its append from 1, $8 its place in that append from 1, $9 event ids, $10 event types, $11 event versions,
-- $12 data
--
-- Somebody else's open transaction that has appended to one of these streams would hold all of them up: the wait for a lock is bounded,
-- and the appends of a batch that fails are repeated one by one. "(select $1)": see append_each.sql.
with fence as materialized (
  select pg_advisory_xact_lock_shared(7741001, 1), set_config('lock_timeout', $6, true)
),
streams as materialized (
  select
    r.n,
    r.tenant_id,
    r.aggregate_id,
    r.expected,
    r.metadata,
    coalesce(last.version, 0) as actual,
    greatest($5, last.recorded_at) as recorded_at,
    t.tenant_id is not null and not coalesce(archived.found, false) as tenant_ok
  from fence
  cross join unnest((select $1), $2, $3, $4) with ordinality as r (tenant_id, aggregate_id, expected, metadata, n)
  left join lateral (
    select tenant_id, archiving
    from eventstore.tenants
    where tenant_id = r.tenant_id and shard = '{shard}' and status = 'active'
    limit 1
  ) t on true
  left join lateral (
    select e.version, e.recorded_at
    from eventstore.{events} e
    where e.tenant_id = r.tenant_id and e.aggregate_id = r.aggregate_id
    order by e.version desc
    limit 1
  ) last on true
  left join lateral (
    select true as found
    from eventstore.archived_streams a
    where (last.version is null or t.archiving > 0)
      and a.tenant_id = r.tenant_id and a.aggregate_type = '{type}' and a.aggregate_id = r.aggregate_id
    limit 1
  ) archived on true
),
accepted as (
  select
    s.actual + e.place as version, s.recorded_at, e.event_id, s.aggregate_id, e.event_version,
    s.tenant_id, e.event_type, e.data, s.metadata
  from streams s
  join unnest((select $7), $8, $9, $10, $11, $12) with ordinality as e (n, place, event_id, event_type, event_version, data, ordinality)
    on e.n = s.n
  where s.tenant_ok
    and (s.expected = s.actual or s.expected = -2 or (s.expected = -1 and s.actual > 0))
  order by e.ordinality
),
appended as (
  insert into eventstore.{events} (
    position, version, recorded_at, event_id, aggregate_id, event_version,
    aggregate_type, shard, tenant_id, event_type, data, metadata
  )
  select
    nextval('eventstore.position'), version, recorded_at, event_id, aggregate_id, event_version,
    '{type}', '{shard}', tenant_id, event_type, data, metadata
  from accepted
  returning tenant_id, aggregate_id, position
)
select s.actual, s.tenant_ok, max(a.position)
from streams s
left join appended a
  on a.tenant_id = s.tenant_id
  and a.aggregate_id = s.aggregate_id
group by s.n, s.actual, s.tenant_ok
order by s.n
