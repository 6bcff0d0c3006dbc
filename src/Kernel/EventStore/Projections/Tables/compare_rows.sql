-- $1 schema, $2 table, $3 schema of the replayed rows, $4 their table, $5 columns of the key or null, $6 column of the data or null,
-- $7 column of the tenant or null, $8 column of what is sampled or null, $9 seed, $10 threshold, $11 the most rows
select compared, different, key::text, live::text, replayed::text
from eventstore.compare_rows($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
