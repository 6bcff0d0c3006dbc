-- What lies in the partitions of every aggregate type, archives included. Nothing of the tables is read: rows are the server's estimates, bytes those of the files.
select
  t.aggregate_type,
  p.parent as kind,
  coalesce(sum(greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), 0)), 0)::bigint as rows,
  coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint as bytes
from eventstore.aggregate_types t
cross join (values ('events'), ('snapshots')) p (parent)
left join pg_inherits i on i.inhparent = to_regclass(format('eventstore.%I', p.parent || '_' || t.aggregate_type))
left join pg_class c on c.oid = i.inhrelid
group by 1, 2
order by 1, 2
