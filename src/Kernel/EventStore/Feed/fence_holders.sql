-- The second of the two statements of a watermark step: the transactions that may still commit a position.
-- A prepared transaction has no process; its lock is listed under a virtual transaction of its own.
select virtualtransaction, coalesce(pid, 0)
from pg_locks
where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database())
  and classid = 7741001
  and objid = 1
  and objsubid = 2
  and granted
