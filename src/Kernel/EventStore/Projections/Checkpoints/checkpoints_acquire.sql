-- Takes over checkpoints that nobody owns, or whose owner is not alive. A row that is locked by a batch on its way is left for the next time.
-- Another owner that did not give it back has crashed, perhaps over the next event.
-- $1 projections, $2 slots, $3 shards, $4 host, $5 now
update eventstore.projection_checkpoints c
set owner = $4, fence = c.fence + 1, crashes = c.crashes + case when c.owner <> $4 then 1 else 0 end, updated_at = $5
from (
  select f.projection, f.slot, f.shard
  from eventstore.projection_checkpoints f
  join unnest($1, $2, $3) as w (projection, slot, shard)
    on w.projection = f.projection and w.slot = f.slot and w.shard = f.shard
  where f.owner is null
    or not exists (select from eventstore.projection_hosts_alive a where a.host = f.owner)
  for update of f skip locked
) free
where c.projection = free.projection
  and c.slot = free.slot
  and c.shard = free.shard
returning
  c.projection, c.slot, c.shard, c.version, c.position, c.start_position, c.rebuilding_to, c.owner, c.fence, c.paused, c.crashes, c.trying, c.inline,
  c.tenant_id
