-- append_one.sql for a stream that must have events: leaner still, and without an answer also while streams of the tenant go to the archive.
-- Its parameters are the same.
--
-- The fence is taken before nextval: nextval is computed on the row of "last", which comes with the fence.
insert into eventstore.{events} (
  position, version, recorded_at, event_id, aggregate_id, event_version,
  aggregate_type, shard, tenant_id, event_type, data, metadata
)
select
  nextval('eventstore.position'), last.version + 1, greatest($4, last.recorded_at), $6, $2, $8,
  '{type}', '{shard}', $1, $7, $9, $5
from (
  select version, recorded_at, pg_advisory_xact_lock_shared(7741001, 1)
  from eventstore.{events}
  where tenant_id = $1 and aggregate_id = $2
  order by version desc
  limit 1
) last
cross join eventstore.tenants t
where ($3 = last.version or $3 = -1)
  and t.tenant_id = $1 and t.shard = '{shard}' and t.status = 'active' and t.archiving = 0
returning version - 1, true, position
