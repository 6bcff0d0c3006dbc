-- Until the end of the transaction.
-- $1 the longest wait for a lock in ms
select set_config('lock_timeout', $1, true)
