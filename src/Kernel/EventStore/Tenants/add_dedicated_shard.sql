-- $1 now
insert into eventstore.shards (shard, kind, created_at)
values ('tenant_' || nextval('eventstore.dedicated_shard'), 'dedicated', $1)
returning shard
