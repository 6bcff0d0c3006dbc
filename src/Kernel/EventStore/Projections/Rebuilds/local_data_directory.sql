-- Where the server keeps its data: no row unless it runs on this machine, as it sees it itself, and the role may know.
select setting
from pg_settings
where name = 'data_directory'
  and (
    inet_server_addr() is null
    or inet_server_addr() <<= inet '127.0.0.0/8'
    or inet_server_addr() = inet '::1'
  )
