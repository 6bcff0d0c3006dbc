-- The partitions that are missing, and on every partition the privileges of its root.
with made as materialized (
  select eventstore.ensure_partitions() as partitions
)
select partitions, eventstore.share_partition_privileges()
from made
