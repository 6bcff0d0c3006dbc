-- The transactions that may have begun to write to a leaf: those that hold the fence, or the lock that every insert takes on the leaf before it looks
-- at anything. A prepared transaction has no process; its locks are listed under a virtual transaction of its own.
select distinct virtualtransaction, pid is null
from pg_locks
where database = (select oid from pg_database where datname = current_database())
  and granted
  and (
    (locktype = 'advisory' and classid = 7741001 and objid = 1 and objsubid = 2)
    or (
      locktype = 'relation'
      and mode = 'RowExclusiveLock'
      and relation in ('eventstore.{events}'::regclass, 'eventstore.{snapshots}'::regclass)
    )
  )
