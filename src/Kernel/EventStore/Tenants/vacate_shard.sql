-- Nothing is projected from the shard any more, and whoever does it still finds its checkpoint gone.
-- $1 shard
with vacant as (
  update eventstore.shards
  set kind = 'vacant'
  where shard = $1
    and kind = 'dedicated'
)
delete from eventstore.projection_checkpoints
where shard = $1
