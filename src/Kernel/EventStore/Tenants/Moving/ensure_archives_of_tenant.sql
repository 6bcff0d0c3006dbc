-- Makes the cold partitions of a shard for what a tenant has in the archive; how many are needed.
-- $1 tenant_id, $2 shard
select count(eventstore.make_archive(t.aggregate_type, $2))
from (
  select distinct aggregate_type
  from eventstore.archived_streams
  where tenant_id = $1
    and archived_at is not null
) t
