-- $1 tenant_id, $2 schemas
select qualified_name, row_count
from eventstore.tenant_rows($1, $2)
