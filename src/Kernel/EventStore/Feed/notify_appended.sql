-- Tells the other hosts that something was appended. A statement of its own: a NOTIFY in an append would make all commits wait for each other.
-- $1 the host that tells
select pg_notify('eventstore_appended', $1)
