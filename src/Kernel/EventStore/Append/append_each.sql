-- append_many.sql for the most common batch, one event to each stream: leaner, and without a row for an append that was not written. That one is then
-- sent by append.sql, which says why, or writes after all.
-- $1 tenant ids, $2 aggregate ids, $3 expected, $4 metadata, $5 now, $6 longest wait for a lock in ms,
-- $7 event ids, $8 event types, $9 event versions, $10 data
--
-- The fence is taken before nextval, as in append_one.sql. "(select $1)" hides from the planner how many there are: it would find a plan for the very
-- batch cheaper than the one that it keeps, and planning each batch takes longer than the batch. Nor may it choose to look through all tenants, or all
-- that is archived, for one of many rows: that is what "limit 1" is for.
insert into eventstore.{events} (
  position, version, recorded_at, event_id, aggregate_id, event_version,
  aggregate_type, shard, tenant_id, event_type, data, metadata
)
select
  nextval('eventstore.position'), coalesce(last.version, 0) + 1, greatest($5, last.recorded_at), r.event_id, r.aggregate_id, r.event_version,
  '{type}', '{shard}', r.tenant_id, r.event_type, r.data, r.metadata
from (select pg_advisory_xact_lock_shared(7741001, 1), set_config('lock_timeout', $6, true) offset 0) fence
cross join unnest((select $1), $2, $3, $4, $7, $8, $9, $10)
  as r (tenant_id, aggregate_id, expected, metadata, event_id, event_type, event_version, data)
cross join lateral (
  select archiving
  from eventstore.tenants
  where tenant_id = r.tenant_id and shard = '{shard}' and status = 'active'
  limit 1
) t
left join lateral (
  select version, recorded_at
  from eventstore.{events}
  where tenant_id = r.tenant_id and aggregate_id = r.aggregate_id
  order by version desc
  limit 1
) last on true
left join lateral (
  select true as found
  from eventstore.archived_streams
  where (last.version is null or t.archiving > 0)
    and tenant_id = r.tenant_id and aggregate_type = '{type}' and aggregate_id = r.aggregate_id
  limit 1
) archived on true
where (r.expected = coalesce(last.version, 0) or r.expected = -2 or (r.expected = -1 and last.version > 0))
  and archived.found is null
returning event_id, version - 1, position
