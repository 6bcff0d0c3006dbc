-- Whether this session may now build indexes. It must not wait in the server: the wait would be a transaction that "concurrently" waits for.
select pg_try_advisory_lock(7741001, 3)
