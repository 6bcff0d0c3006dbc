-- append_next.sql for several events: a row comes back for each of them, in their order.
-- $1 tenant_id, $2 aggregate_id, $3 expected (n > 0 exact, -1 exists), $4 now, $5 metadata,
-- $6 event ids, $7 event types, $8 event versions, $9 data
--
-- The fence is taken before nextval: nextval is computed on rows of "last", which comes with the fence. "(select $6)": see append_each.sql.
insert into eventstore.{events} (
  position, version, recorded_at, event_id, aggregate_id, event_version,
  aggregate_type, shard, tenant_id, event_type, data, metadata
)
select
  nextval('eventstore.position'), last.version + e.ordinality, greatest($4, last.recorded_at), e.event_id, $2, e.event_version,
  '{type}', '{shard}', $1, e.event_type, e.data, $5
from (
  select version, recorded_at, pg_advisory_xact_lock_shared(7741001, 1)
  from eventstore.{events}
  where tenant_id = $1 and aggregate_id = $2
  order by version desc
  limit 1
) last
cross join eventstore.tenants t
cross join unnest((select $6), $7, $8, $9) with ordinality as e (event_id, event_type, event_version, data, ordinality)
where ($3 = last.version or $3 = -1)
  and t.tenant_id = $1 and t.shard = '{shard}' and t.status = 'active' and t.archiving = 0
returning version - 1, true, position
