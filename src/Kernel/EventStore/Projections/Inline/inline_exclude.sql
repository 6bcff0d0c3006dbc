-- Waits for appends on their way that a projection is applied to, and keeps others waiting until the end of the transaction.
-- $1 projection
select pg_advisory_xact_lock(7741007, hashtext($1))
