-- The transactions that may have begun to read over the partitions that there were before: who plans over them holds a lock on a parent. Movers and
-- prepared transactions read no more.
select distinct l.virtualtransaction, l.pid
from pg_locks l
where l.database = (select oid from pg_database where datname = current_database())
  and l.granted
  and l.pid is not null
  and l.locktype = 'relation'
  and l.relation in (
    select to_regclass('eventstore.events')
    union all
    select to_regclass(format('eventstore.%I', 'events_' || t.aggregate_type))
    from eventstore.aggregate_types t
  )
  and not exists (
    select from pg_locks m
    where m.locktype = 'advisory' and m.classid = 7741005 and m.objid = 1 and m.objsubid = 2 and m.pid = l.pid
  )
