-- A shard that nobody sees until a move has filled it.
-- $1 now
insert into eventstore.shards (shard, kind, created_at)
values ('tenant_' || nextval('eventstore.dedicated_shard'), 'vacant', $1)
returning shard
