-- Events of one tenant in one shard, its archive included, whose data contains a JSON fragment, in position order. No row also when the tenant may not
-- be read here.
-- $1 tenant_id, $2 the fragment, $3 after this position, $4 up to and including this one, $5 stored names of event types or null for all, $6 the most rows
select
  position, version, recorded_at, event_id, aggregate_id, event_version, tenant_id, aggregate_type, event_type, metadata, data
from eventstore.{events}
where tenant_id = $1
  and data @> $2
  and position > $3
  and position <= $4
  and ($5 is null or event_type = any ($5))
  {filter}
  and exists (
    select from eventstore.tenants
    where tenant_id = $1 and shard = '{shard}' and status in ('active', 'moving')
  )
order by position
limit $6
