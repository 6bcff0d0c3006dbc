-- Where the streams of one leaf stand that a batch goes to. One row for each comes back, in the order of the arrays: whether the tenant may write
-- here, the version of the last event and its time, the ids of the events that stand already where the batch has its own, and whether the stream is archived.
-- $1 tenant ids, $2 aggregate ids, $3 the first version in the batch, $4 the last
select
  t.tenant_id is not null as tenant_ok,
  coalesce(last.version, 0) as actual,
  last.recorded_at,
  stored.event_ids,
  exists (
    select from eventstore.archived_streams a
    where a.tenant_id = s.tenant_id and a.aggregate_type = '{type}' and a.aggregate_id = s.aggregate_id
  ) as archived
from unnest($1, $2, $3, $4) with ordinality as s (tenant_id, aggregate_id, first_version, last_version, n)
left join eventstore.tenants t
  on t.tenant_id = s.tenant_id
  and t.shard = '{shard}'
  and t.status = 'active'
left join lateral (
  select e.version, e.recorded_at
  from eventstore.{events} e
  where e.tenant_id = s.tenant_id and e.aggregate_id = s.aggregate_id
  order by e.version desc
  limit 1
) last on true
left join lateral (
  select array_agg(e.event_id order by e.version) as event_ids
  from eventstore.{events} e
  where last.version >= s.first_version
    and e.tenant_id = s.tenant_id
    and e.aggregate_id = s.aggregate_id
    and e.version between s.first_version and s.last_version
) stored on true
order by s.n
