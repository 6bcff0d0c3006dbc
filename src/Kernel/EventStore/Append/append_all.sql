-- Appends to streams of one tenant and one leaf: to all of them, or the statement fails with ES003 and with it the batch that it is part of. One
-- row for each stream comes back, in the order of the arrays: the version it was at, and the position of the last event.
-- $1 tenant_id, $2 aggregate ids, $3 expected, $4 metadata, $5 now,
-- then a row for each event: $6 index of its append from 1, $7 its place in that append from 1, $8 event ids, $9 event types, $10 event versions,
-- $11 data
--
-- Rows are written in the order of the aggregate ids: of two such statements the second waits for the first at the first stream that they share.
-- "(select $2)": see append_each.sql.
with fence as materialized (
  select pg_advisory_xact_lock_shared(7741001, 1)
),
streams as materialized (
  select
    r.n,
    r.aggregate_id,
    r.expected,
    r.metadata,
    coalesce(last.version, 0) as actual,
    greatest($5, last.recorded_at) as recorded_at,
    coalesce(archived.found, false) as archived
  from fence
  left join eventstore.tenants t on t.tenant_id = $1
  cross join unnest((select $2), $3, $4) with ordinality as r (aggregate_id, expected, metadata, n)
  left join lateral (
    select e.version, e.recorded_at
    from eventstore.{events} e
    where e.tenant_id = $1 and e.aggregate_id = r.aggregate_id
    order by e.version desc
    limit 1
  ) last on true
  left join lateral (
    select true as found
    from eventstore.archived_streams a
    where (last.version is null or t.archiving > 0)
      and a.tenant_id = $1 and a.aggregate_type = '{type}' and a.aggregate_id = r.aggregate_id
    limit 1
  ) archived on true
),
required as materialized (
  select eventstore.require_streams(
    bool_and((s.expected = s.actual or s.expected = -2 or (s.expected = -1 and s.actual > 0)) and not s.archived)
    and exists (
      select from eventstore.tenants
      where tenant_id = $1 and shard = '{shard}' and status = 'active'
    )
  )
  from streams s
),
accepted as (
  select
    s.actual + e.place as version, s.recorded_at, e.event_id, s.aggregate_id, e.event_version,
    e.event_type, e.data, s.metadata
  from required
  cross join streams s
  join unnest((select $6), $7, $8, $9, $10, $11) as e (n, place, event_id, event_type, event_version, data)
    on e.n = s.n
  order by s.aggregate_id, e.place
),
appended as (
  insert into eventstore.{events} (
    position, version, recorded_at, event_id, aggregate_id, event_version,
    aggregate_type, shard, tenant_id, event_type, data, metadata
  )
  select
    nextval('eventstore.position'), version, recorded_at, event_id, aggregate_id, event_version,
    '{type}', '{shard}', $1, event_type, data, metadata
  from accepted
  returning aggregate_id, position
)
select s.actual, max(a.position)
from streams s
join appended a on a.aggregate_id = s.aggregate_id
group by s.n, s.actual
order by s.n
