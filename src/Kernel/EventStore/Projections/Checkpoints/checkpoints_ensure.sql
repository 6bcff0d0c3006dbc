-- A row for every projection on every shard, and for every rebuild of all tenants. A shard that is added later begins where its projection once
-- began: there were no events in it. A move that fills a vacant shard adds the rows itself, in the transaction in which its events appear.
-- $1 projections, $2 versions, $3 start positions, $4 now
insert into eventstore.projection_checkpoints (projection, slot, shard, version, position, start_position, started_at, updated_at)
select p.projection, p.slot, s.shard, p.version, p.start, p.start, $4, $4
from (
  select f.projection, 'live' as slot, coalesce(k.version, f.version) as version, coalesce(k.start_position, f.start) as start
  from unnest($1, $2, $3) as f (projection, version, start)
  left join lateral (
    select k.version, k.start_position
    from eventstore.projection_checkpoints k
    where k.projection = f.projection and k.slot = 'live'
    limit 1
  ) k on true
  union
  select k.projection, k.slot, k.version, k.start_position
  from eventstore.projection_checkpoints k
  where k.projection = any ($1) and k.slot = 'shadow' and k.tenant_id is null
) p
cross join eventstore.shards s
where s.kind <> 'vacant'
  and not exists (
    select from eventstore.projection_checkpoints c
    where c.projection = p.projection and c.slot = p.slot and c.shard = s.shard
  )
on conflict do nothing
