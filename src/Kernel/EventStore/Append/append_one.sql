-- append.sql for the most common append, one event without claims: leaner, and without an answer when nothing was written. Then append.sql is sent,
-- which says why, or writes after all.
-- $1 tenant_id, $2 aggregate_id, $3 expected (n >= 0 exact, -1 exists, -2 any), $4 now, $5 metadata,
-- $6 event id, $7 event type, $8 event version, $9 data
--
-- The fence is taken before nextval: nextval is computed on rows that come from "fence", which "offset 0" keeps a step of its own.
insert into eventstore.{events} (
  position, version, recorded_at, event_id, aggregate_id, event_version,
  aggregate_type, shard, tenant_id, event_type, data, metadata
)
select
  nextval('eventstore.position'), coalesce(last.version, 0) + 1, greatest($4, last.recorded_at), $6, $2, $8,
  '{type}', '{shard}', $1, $7, $9, $5
from (select pg_advisory_xact_lock_shared(7741001, 1) offset 0) fence
left join lateral (
  select version, recorded_at
  from eventstore.{events}
  where tenant_id = $1 and aggregate_id = $2
  order by version desc
  limit 1
) last on true
where ($3 = coalesce(last.version, 0) or $3 = -2 or ($3 = -1 and last.version > 0))
  and exists (
    select from eventstore.tenants
    where tenant_id = $1 and shard = '{shard}' and status = 'active'
      and (
        (last.version is not null and archiving = 0)
        or not exists (
          select from eventstore.archived_streams
          where tenant_id = $1 and aggregate_type = '{type}' and aggregate_id = $2
        )
      )
  )
returning version - 1, true, position
