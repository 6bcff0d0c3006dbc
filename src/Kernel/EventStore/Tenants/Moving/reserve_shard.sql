-- Until the end of the transaction nobody takes the shard for one that is left over.
-- $1 shard
select pg_advisory_xact_lock(7741006, hashtext($1))
