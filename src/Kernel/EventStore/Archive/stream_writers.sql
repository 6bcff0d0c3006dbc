-- The transactions that may have begun to write to a leaf: those that hold the fence, or the lock that every insert takes on the leaf before it looks
-- at anything. And those that may have begun to read the type without its archive: who plans over the partitions holds a lock on their parent, and
-- on the archive too if it was there and is read. A prepared transaction has no process; its locks are listed under a virtual transaction of its own.
select distinct l.virtualtransaction, l.pid is null
from pg_locks l
where l.database = (select oid from pg_database where datname = current_database())
  and l.granted
  and (
    (l.locktype = 'advisory' and l.classid = 7741001 and l.objid = 1 and l.objsubid = 2)
    or (
      l.locktype = 'relation'
      and l.mode = 'RowExclusiveLock'
      and l.relation in ('eventstore.{events}'::regclass, 'eventstore.{snapshots}'::regclass)
    )
    or (
      l.locktype = 'relation'
      and l.relation in ('eventstore.events'::regclass, 'eventstore.events_{type}'::regclass)
      and not exists (
        select from pg_locks a
        where a.virtualtransaction = l.virtualtransaction
          and a.locktype = 'relation'
          and a.database = l.database
          and a.relation = to_regclass('eventstore.{events}_archive')
      )
    )
  )
