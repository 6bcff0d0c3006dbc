-- The transactions that may write to a shard as they found things before: those that hold the fence, and those that have a leaf of the shard locked
-- for writing. Movers write to leaves as well, and are not meant. A prepared transaction has no process.
-- $1 shard
select l.virtualtransaction, coalesce(l.pid, 0)
from pg_locks l
where l.database = (select oid from pg_database where datname = current_database())
  and l.granted
  and (
    (l.locktype = 'advisory' and l.mode = 'ShareLock' and l.classid = 7741001 and l.objid = 1 and l.objsubid = 2)
    or (
      l.locktype = 'relation'
      and l.mode = 'RowExclusiveLock'
      and l.relation in (select to_regclass(format('eventstore.%I', leaf)) from eventstore.leaves_of($1))
    )
  )
  and not exists (
    select from pg_locks m
    where m.locktype = 'advisory' and m.classid = 7741005 and m.objid = 1 and m.objsubid = 2 and m.pid = l.pid
  )
