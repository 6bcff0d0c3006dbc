-- $1 schema, $2 table, $3 seed, $4 threshold or null, $5 the most rows
select compared, different, key::text, live::text, replayed::text
from eventstore.compare_rows($1, $2, 'pg_temp', $2, array['tenant_id', 'id'], 'data', 'tenant_id', 'id', $3, $4, $5)
