-- A row for every projection on every shard. A shard that is added later begins where its projection once began: there were no events in it.
-- $1 projections, $2 versions, $3 start positions, $4 now
insert into eventstore.projection_checkpoints (projection, slot, shard, version, position, start_position, updated_at)
select p.projection, 'live', s.shard, coalesce(k.version, p.version), coalesce(k.start_position, p.start), coalesce(k.start_position, p.start), $4
from unnest($1, $2, $3) as p (projection, version, start)
cross join eventstore.shards s
left join lateral (
  select k.version, k.start_position
  from eventstore.projection_checkpoints k
  where k.projection = p.projection and k.slot = 'live'
  limit 1
) k on true
where not exists (
  select from eventstore.projection_checkpoints c
  where c.projection = p.projection and c.slot = 'live' and c.shard = s.shard
)
on conflict do nothing
