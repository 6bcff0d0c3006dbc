-- The positions of a batch, rising: others may draw some in between. The transaction holds the fence already.
-- $1 how many
select array_agg(nextval('eventstore.position'))
from generate_series(1, $1)
