-- Writes snapshots of one stream; one that is there already is replaced, because it was found unusable. None is written where the tenant does not
-- lie (any more), nor while it is moved or dropped. Of a stream that is archived none is written either: its events are not in this leaf (any
-- more), see Archive/Archiver.cs.
-- $1 tenant_id, $2 aggregate_id, $3 schema number, $4 fingerprint, $5 versions, $6 times of their events, $7 states
insert into eventstore.{snapshots} (
  version, recorded_at, aggregate_id, schema_number, aggregate_type, shard, tenant_id, fingerprint, state
)
select s.version, s.recorded_at, $2, $3, '{type}', '{shard}', $1, $4, s.state
from unnest($5, $6, $7) as s (version, recorded_at, state)
where exists (
  select from eventstore.tenants
  where tenant_id = $1 and shard = '{shard}' and status = 'active'
)
and not exists (
  select from eventstore.archived_streams
  where tenant_id = $1 and aggregate_type = '{type}' and aggregate_id = $2
)
on conflict (tenant_id, aggregate_id, version) do update
set
  recorded_at = excluded.recorded_at,
  schema_number = excluded.schema_number,
  fingerprint = excluded.fingerprint,
  state = excluded.state
