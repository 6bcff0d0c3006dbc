select host, projections
from eventstore.projection_hosts_alive
order by host
