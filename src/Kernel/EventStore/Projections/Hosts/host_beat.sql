-- Says that this host is alive. The server's clock is the one clock of all hosts here.
-- $1 host, $2 session key, $3 projections it can run, $4 for how long
insert into eventstore.projection_hosts (host, session_key, projections, started_at, expires_at)
values ($1, $2, $3, clock_timestamp(), clock_timestamp() + $4)
on conflict (host) do update
set session_key = excluded.session_key, projections = excluded.projections, expires_at = excluded.expires_at
