-- load.sql and load_at_time.sql for a stream of which the leaf holds nothing: from the shard and its archive, of which at most one has it. One statement,
-- so that a stream on its way between the two is seen in one of them. $5 and $7 both bound what counts; the last column says where a row lies.
-- $1 tenant_id, $2 aggregate_id, $3 snapshot schema number, $4 snapshot fingerprint, $5 highest version, $6 highest snapshot version, $7 latest time
with snapshot as materialized (
  select version, state, recorded_at, shard
  from eventstore.{snapshots}
  where tenant_id = $1
    and aggregate_id = $2
    and version <= $6
    and recorded_at <= $7
    and schema_number = $3
    and fingerprint = $4
    {filter}
  order by version desc
  limit 1
)
select version, null as event_type, null as event_version, state as data, recorded_at, shard <> '{shard}' as is_archived
from snapshot
union all
(
  select version, event_type, event_version, data, null, shard <> '{shard}'
  from eventstore.{events}
  where tenant_id = $1
    and aggregate_id = $2
    and version > coalesce((select version from snapshot), 0)
    and version <= $5
    and version <= coalesce(
      (
        select version
        from eventstore.{snapshots}
        where tenant_id = $1
          and aggregate_id = $2
          and recorded_at > $7
          {filter}
        order by version
        limit 1
      ),
      9223372036854775807
    )
    and recorded_at <= $7
    {filter}
  order by version
)
