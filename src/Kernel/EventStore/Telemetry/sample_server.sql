-- How the server does, as far as this database is concerned. The age of transactions of other roles is known to members of pg_read_all_stats only.
select
  d.numbackends,
  current_setting('max_connections')::int as max_connections,
  d.xact_commit,
  d.xact_rollback,
  d.blks_hit,
  d.blks_read,
  d.deadlocks,
  d.temp_bytes,
  pg_database_size(d.datid) as bytes,
  (pg_current_wal_lsn() - pg_lsn '0/0')::bigint as wal_bytes,
  s.oldest,
  s.waiting,
  (select age(datfrozenxid)::bigint from pg_database where oid = d.datid) as frozen_age
from pg_stat_database d
cross join lateral (
  select
    coalesce(extract(epoch from max(clock_timestamp() - a.xact_start)), 0)::double precision as oldest,
    count(*) filter (where a.wait_event_type = 'Lock') as waiting
  from pg_stat_activity a
  where a.datid = d.datid
    and a.pid <> pg_backend_pid()
) s
where d.datname = current_database()
