-- Tells the other hosts which read models have changed. A statement of its own: a NOTIFY in a batch would make all commits wait for each other.
-- $1 the notice
select pg_notify('eventstore_views', $1)
