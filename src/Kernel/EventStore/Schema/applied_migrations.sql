select number
from eventstore.migrations
order by number
