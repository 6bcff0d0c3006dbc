select statement
from eventstore.data_index_changes()
