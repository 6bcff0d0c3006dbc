-- A function, because making partitions is the owner's: it does it for the application's role.
-- $1 tenant_id, $2 now
select eventstore.add_dedicated_tenant($1, $2)
