-- Appends events to one stream of one leaf. One row comes back: the version that the stream was at, whether the tenant may write here,
-- and the position of the last event, null when nothing was written because the version or the tenant did not fit.
-- $1 tenant_id, $2 aggregate_id, $3 expected (n >= 0 exact, -1 exists, -2 any), $4 now, $5 metadata,
-- $6 event ids, $7 event types, $8 event versions, $9 data
--
-- The fence is taken before nextval: "stream" reads from "fence", and nextval is computed on rows that come from "stream".
-- recorded_at never runs backward within a stream, whatever the clocks of the hosts say.
-- A stream that is archived may not be written here either. It has no rows in this leaf, so only a stream without rows is looked for in the archive, or
-- any while one of the tenant's is on its way there. "(select $6)": see append_each.sql.
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
)
select stream.actual, stream.tenant_ok, (select max(position) from appended)
from stream
