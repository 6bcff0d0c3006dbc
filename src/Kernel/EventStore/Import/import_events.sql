-- The rows of a batch that go to one leaf.
copy eventstore.{events} (
  position, version, recorded_at, event_id, aggregate_id, event_version,
  aggregate_type, shard, tenant_id, event_type, data, metadata
)
from stdin (format binary)
