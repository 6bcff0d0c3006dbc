-- Every table that holds rows of tenants, so that one that comes later is not forgotten.
select c.relname
from pg_class c
join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'eventstore'::regnamespace
  and c.relkind = 'r'
  and a.attname = 'tenant_id'
  and not a.attisdropped
  and c.relname <> 'tenants'
order by c.relname
