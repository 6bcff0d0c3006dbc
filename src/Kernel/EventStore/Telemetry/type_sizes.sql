-- What each aggregate type takes, the largest first. Events are estimated by the catalog: null as long as a partition that holds rows was never analyzed.
select aggregate_type, partitions::int, estimated_events, total_bytes, archive_bytes, snapshot_bytes
from eventstore.aggregate_type_sizes
order by total_bytes + snapshot_bytes desc, aggregate_type
