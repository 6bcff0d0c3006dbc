-- $1 tenant_id, $2 shard, $3 now
insert into eventstore.tenants (tenant_id, shard, status, created_at)
values ($1, $2, 'active', $3)
on conflict (tenant_id) do nothing
