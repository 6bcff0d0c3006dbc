-- The aggregate types that are not known yet, or lack a partition.
-- $1 names
select t.aggregate_type
from unnest($1) as t (aggregate_type)
where not exists (select from eventstore.aggregate_types k where k.aggregate_type = t.aggregate_type)
  or exists (
    select from eventstore.shards s
    where s.kind <> 'vacant'
      and to_regclass(format('eventstore.%I', 'events_' || t.aggregate_type || '_' || s.shard)) is null
  )
order by 1
