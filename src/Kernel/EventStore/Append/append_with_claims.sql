-- append.sql, and in the same statement the claims given back and taken; neither when nothing was appended.
-- A claim that another holds violates claims_pkey, which undoes the whole statement; one that the aggregate holds itself stays.
-- $1 to $9 as in append.sql, $10 and $11 names and values of the claims taken, $12 and $13 of those released
-- "(select $6)": see append_each.sql.
with fence as materialized (
  select pg_advisory_xact_lock_shared(7741001, 1)
),
stream as materialized (
  select
    coalesce(last.version, 0) as actual,
    greatest($4, last.recorded_at) as recorded_at,
    exists (
      select from eventstore.tenants
      where tenant_id = $1 and shard = '{shard}' and status = 'active'
        and (
          (last.version is not null and archiving = 0)
          or not exists (
            select from eventstore.archived_streams
            where tenant_id = $1 and aggregate_type = '{type}' and aggregate_id = $2
          )
        )
    ) as tenant_ok
  from fence
  left join lateral (
    select version, recorded_at
    from eventstore.{events}
    where tenant_id = $1 and aggregate_id = $2
    order by version desc
    limit 1
  ) last on true
),
appended as (
  insert into eventstore.{events} (
    position, version, recorded_at, event_id, aggregate_id, event_version,
    aggregate_type, shard, tenant_id, event_type, data, metadata
  )
  select
    nextval('eventstore.position'), stream.actual + e.ordinality, stream.recorded_at, e.event_id, $2, e.event_version,
    '{type}', '{shard}', $1, e.event_type, e.data, $5
  from stream
  cross join unnest((select $6), $7, $8, $9) with ordinality as e (event_id, event_type, event_version, data, ordinality)
  where stream.tenant_ok
    and ($3 = stream.actual or $3 = -2 or ($3 = -1 and stream.actual > 0))
  returning position
),
released as (
  delete from eventstore.claims c
  using unnest((select $12), $13) as r (name, value)
  where c.tenant_id = $1
    and c.aggregate_type = '{type}'
    and c.name = r.name
    and c.value = r.value
    and c.aggregate_id = $2
    and exists (select from appended)
),
taken as (
  insert into eventstore.claims (tenant_id, aggregate_type, name, value, aggregate_id)
  select $1, '{type}', t.name, t.value, $2
  from unnest((select $10), $11) as t (name, value)
  where exists (select from appended)
    and not exists (
      select from eventstore.claims c
      where c.tenant_id = $1
        and c.aggregate_type = '{type}'
        and c.name = t.name
        and c.value = t.value
        and c.aggregate_id = $2
    )
)
select stream.actual, stream.tenant_ok, (select max(position) from appended)
from stream
