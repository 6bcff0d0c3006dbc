-- $1 tenant_id
select eventstore.enter_tenant($1)
