-- What data_index_changes() would say if the types were registered like this.
-- $1 names, $2 whether their data is indexed
select statement
from eventstore.data_index_changes($1, $2)
