-- What the transaction of a mover needs: a mark by which others know it for one (see shard_writers.sql), and that the server does not end it while it waits.
select
  pg_advisory_xact_lock_shared(7741005, 1),
  set_config('statement_timeout', '0', true),
  set_config('idle_in_transaction_session_timeout', '0', true)
