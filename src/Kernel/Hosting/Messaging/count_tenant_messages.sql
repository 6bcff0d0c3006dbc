-- $1 the header with the tenant
select count(*)
from wolverine.{table}
where position($1 in body) > 0
