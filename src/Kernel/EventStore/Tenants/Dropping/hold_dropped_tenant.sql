-- $1 tenant_id
select eventstore.hold_dropped_tenant($1)
