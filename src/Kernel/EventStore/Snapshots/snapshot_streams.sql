-- The next streams of a tenant in one leaf, by id: the last version of each, and the versions of its snapshots of one shape. One step down the
-- index for each stream, however many events it has.
-- $1 tenant_id, $2 from this aggregate_id on, $3 schema number, $4 fingerprint, $5 the most streams
with recursive page as (
  (
    select aggregate_id, 1 as place
    from eventstore.{events}
    where tenant_id = $1 and aggregate_id >= $2
    order by aggregate_id
    limit 1
  )
  union all
  select next.aggregate_id, page.place + 1
  from page
  cross join lateral (
    select aggregate_id
    from eventstore.{events}
    where tenant_id = $1 and aggregate_id > page.aggregate_id
    order by aggregate_id
    limit 1
  ) next
  where page.place < $5
)
select
  page.aggregate_id,
  (
    select version
    from eventstore.{events}
    where tenant_id = $1 and aggregate_id = page.aggregate_id
    order by version desc
    limit 1
  ) as version,
  array(
    select version
    from eventstore.{snapshots}
    where tenant_id = $1
      and aggregate_id = page.aggregate_id
      and schema_number = $3
      and fingerprint = $4
    order by version
  ) as snapshots
from page
order by page.place
