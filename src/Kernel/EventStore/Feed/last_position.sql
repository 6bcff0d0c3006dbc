-- The first of the two statements of a watermark step: the last position that was given out, 0 for none, and when this server started.
select case when is_called then last_value else 0 end, pg_postmaster_start_time()
from eventstore.position
