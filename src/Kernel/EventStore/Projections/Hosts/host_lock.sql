-- $1 session key
select pg_try_advisory_lock(7741002, $1)
